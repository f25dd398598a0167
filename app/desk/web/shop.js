/* The demo shop: its own words in the language of the page, and what the address says for the element. */
(() => {
'use strict';

const LANGUAGES = ['en', 'nb', 'sv', 'da', 'fi'];
const PRICES = { en: ['en-IE', 'EUR', 1299], nb: ['nb-NO', 'NOK', 14990], sv: ['sv-SE', 'SEK', 14490], da: ['da-DK', 'DKK', 9699], fi: ['fi-FI', 'EUR', 1299] };
const asked = new URLSearchParams(location.search);
const element = document.querySelector('livebooth-call');
const choice = document.getElementById('page-language');

function language() {
    const wanted = [asked.get('lang'), localStorage.getItem('shop language'), ...navigator.languages];
    const known = wanted.map((tag) => String(tag || '').toLowerCase().split('-')[0].replace(/^(no|nn)$/, 'nb'));
    return known.find((tag) => LANGUAGES.includes(tag)) || 'en';
}

async function speak(lang) {
    document.documentElement.lang = lang;
    choice.value = lang;
    element.lang = lang;
    const answer = await fetch(`/text/${lang}.json`);
    const texts = (await answer.json()).shop;
    for (const node of document.querySelectorAll('[data-text]')) node.textContent = texts[node.dataset.text];
    for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', texts[node.dataset.label]);
    for (const node of document.querySelectorAll('[data-alt]')) node.alt = texts[node.dataset.alt];
    document.title = `${texts.name} · Nordlys`;
    element.setAttribute('product-title', texts.name);
    const [locale, currency, amount] = PRICES[lang];
    document.getElementById('price').textContent = new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 0 }).format(amount);
    document.querySelector('.buy').onclick = () => { document.getElementById('added').textContent = texts.added; };
}

for (const name of ['topic', 'codecs', 'refuses', 'callback', 'desk']) if (asked.has(name)) element.setAttribute(name, asked.get(name));
element.setAttribute('product', `${location.origin}/`);
choice.addEventListener('change', () => {
    localStorage.setItem('shop language', choice.value);
    speak(choice.value);
});
speak(language());
})();
