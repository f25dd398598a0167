/* What the centre has of one shopper, by a reference: seen as numbers, exported, erased. The reference is in no address and not kept. */
import { Refusal, ask, confirmed, h, number, reason, say, t, time } from './ops-parts.js';

const PARTS = ['call_records', 'booth_records', 'ratings', 'contacts'];

const why = (error) => (error instanceof Refusal && error.status === 504 ? t('refused_too_long') : reason(error));
const parts = (found) => h('ul', {}, PARTS.filter((name) => found[name] > 0).map((name) => h('li', {}, `${t(`kept_${name}`)}: ${number(found[name])}`)));

async function save(reference) {
    const answer = await ask('/api/ops/shopper', { method: 'POST', body: { what: 'export', reference }, raw: true });
    const url = URL.createObjectURL(await answer.blob());
    h('a', { href: url, download: 'shopper-data.json' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function shopperView(main) {
    const input = h('input', { type: 'text', required: true, maxlength: '2048', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' });
    const place = h('div', { 'aria-live': 'polite' });
    const look = h('button', { class: 'main', type: 'submit' }, t('look_up'));
    const working = async (button, work) => {
        button.disabled = true;
        try { await work(); } catch (error) { place.replaceChildren(h('p', { class: 'bad', role: 'alert' }, why(error))); }
        button.disabled = false;
    };
    const erase = async (reference, found) => {
        if (!await confirmed(t('sure_erase', { n: number(found.calls) }), [parts(found), h('p', {}, t('sure_erase_note'))])) return;
        await ask('/api/ops/shopper', { method: 'POST', body: { what: 'erase', reference, messages: found.messages } });
        input.value = '';
        place.replaceChildren(h('section', { class: 'card kept' }, h('h2', {}, t('erased', { n: number(found.calls) })), parts(found)));
    };
    const show = (reference, found) => {
        const button = (name, style, work) => { const node = h('button', { type: 'button', class: style, onclick: () => working(node, work) }, t(name)); return node; };
        place.replaceChildren(h('section', { class: 'card kept' }, h('h2', {}, t('kept_calls', { n: number(found.calls) })),
            h('p', {}, t('kept_between', { from: time(found.first_utc), to: time(found.last_utc) })), parts(found),
            h('div', { class: 'actions' }, button('act_export', '', async () => { await save(reference); say(t('exported')); }), button('act_erase', 'danger', () => erase(reference, found)))));
    };
    const submit = (event) => {
        event.preventDefault();
        const reference = input.value.trim();
        place.replaceChildren();
        working(look, async () => show(reference, await ask('/api/ops/shopper', { method: 'POST', body: { what: 'look', reference } })));
    };
    input.addEventListener('input', () => place.replaceChildren());
    main.replaceChildren(h('h1', {}, t('tab_shopper')), h('p', { class: 'soft' }, t('shopper_note')),
        h('form', { class: 'reference', onsubmit: submit }, h('label', {}, t('reference'), input), look), place);
    return {};
}
