# U-Boot's script for every board and for QEMU: chooses the slot, counts its tries, starts it.
#
# The partition "slots" holds one sector, the environment as U-Boot's tools and RAUC write it: BOOT_ORDER, BOOT_A_LEFT, BOOT_B_LEFT.
# A slot has three tries; who marks it good gives it three again. A sector cannot be torn: it is the old one or the new one, and one that
# does not check counts as none.
echo "livebooth: ${devtype} ${devnum}"
part start ${devtype} ${devnum} slots slots_at
setexpr sector_at ${kernel_addr_r} + 0
${devtype} read ${sector_at} ${slots_at} 1 && env import -c ${sector_at} 200 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3

setenv slot
for each in ${BOOT_ORDER}; do
    if test -n "${slot}"; then
        true
    elif test "${each}" = "A" && test ${BOOT_A_LEFT} -gt 0; then
        setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
        setenv slot A
    elif test "${each}" = "B" && test ${BOOT_B_LEFT} -gt 0; then
        setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
        setenv slot B
    fi
done
if test -z "${slot}"; then
    echo "livebooth: both slots used up their tries; starting over"
    setenv BOOT_A_LEFT 3
    setenv BOOT_B_LEFT 3
fi
env export -c -s 200 ${sector_at} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
${devtype} write ${sector_at} ${slots_at} 1
test -n "${slot}" || reset

if test "${slot}" = "A"; then setenv part_name a; else setenv part_name b; fi
part number ${devtype} ${devnum} boot-${part_name} boot_part
part number ${devtype} ${devnum} root-${part_name} root_part
part uuid ${devtype} ${devnum}:${root_part} root_uuid
# The firmware's own tree on a board (it knows the board's addresses and the overlays of config.txt), U-Boot's in QEMU.
if test -n "${fdt_addr}" && fdt addr ${fdt_addr}; then setenv tree ${fdt_addr}; else setenv tree ${fdtcontroladdr}; fi

load ${devtype} ${devnum}:${boot_part} ${kernel_addr_r} cmdline.env && env import -t ${kernel_addr_r} ${filesize} cmdline
# A file of IT's or of a test, for a screen that does not say what it is: extra_cmdline=video=HDMI-A-2:1280x720@60e
setenv extra_cmdline
load ${devtype} ${devnum}:${distro_bootpart} ${kernel_addr_r} extra.env && env import -t ${kernel_addr_r} ${filesize} extra_cmdline
# An emulator does not speculate; what Linux does against those who watch a processor speculate takes a third of a start there. And its graphics card
# is known, it need not be found.
setenv board_cmdline
if test "${board}" = "qemu-arm"; then setenv board_cmdline "kpti=off mitigations=off modules_load=virtio_gpu"; fi
# The header's serial line of a Raspberry Pi 4 (its device tree's stdout-path); ttyAMA0 is its Bluetooth's there.
if test "${board}" = "rpi"; then setenv board_cmdline "console=ttyS1,115200"; fi
setenv bootargs "root=PARTUUID=${root_uuid} rauc.slot=${slot} ${cmdline} ${board_cmdline} ${extra_cmdline}"
echo "livebooth: slot ${slot}, tries left A ${BOOT_A_LEFT} B ${BOOT_B_LEFT}"
# A kernel is larger than some boards' default addresses leave room for.
setexpr ramdisk_at ${kernel_addr_r} + 6000000
if load ${devtype} ${devnum}:${boot_part} ${kernel_addr_r} vmlinuz && load ${devtype} ${devnum}:${boot_part} ${ramdisk_at} initrd.img; then
    booti ${kernel_addr_r} ${ramdisk_at}:${filesize} ${tree}
fi
echo "livebooth: slot ${slot} does not start"
reset
