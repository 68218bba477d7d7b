// The page works without this script. With it, forms are sent in the
// background, changes show as they happen, and times are in the reader's zone.
'use strict';
(() => {
  const here = document.body.dataset;
  const byID = (id) => document.getElementById(id);
  const where = new URLSearchParams({as: here.as, in: here.in});
  const parts = ['people', 'stream', 'modal', 'clock', 'tenant'];
  const drawn = {}; // the last source of each part

  // ---- times ---------------------------------------------------------------

  const formats = {
    date_num: (d) => [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, '0')).join('-'),
    date: (d) => d.toLocaleDateString(undefined, {year: 'numeric', month: 'long', day: 'numeric'}),
    date_short: (d) => d.toLocaleDateString(undefined, {year: 'numeric', month: 'short', day: 'numeric'}),
    date_long: (d) => d.toLocaleDateString(undefined, {weekday: 'long', year: 'numeric', month: 'long', day: 'numeric'}),
    time: (d) => d.toLocaleTimeString(undefined, {hour: 'numeric', minute: '2-digit'}),
    time_secs: (d) => d.toLocaleTimeString(undefined, {hour: 'numeric', minute: '2-digit', second: '2-digit'}),
    ago: (d) => {
      const minutes = Math.round((d - sandboxNow()) / 60000);
      const [n, unit] = Math.abs(minutes) < 60 ? [minutes, 'minute'] :
        Math.abs(minutes) < 1440 ? [Math.round(minutes / 60), 'hour'] : [Math.round(minutes / 1440), 'day'];
      return new Intl.RelativeTimeFormat(undefined, {numeric: 'auto'}).format(n, unit);
    },
  };
  for (const name of ['date', 'date_short', 'date_long']) {
    formats[name + '_pretty'] = (d) => nearDay(d) || formats[name](d);
  }

  // "Today" is a day of the sandbox's clock, not of the reader's.
  const sandboxNow = () => new Date(byID('now').dateTime);

  function nearDay(d) {
    const midnight = (t) => new Date(t.getFullYear(), t.getMonth(), t.getDate());
    const days = Math.round((midnight(d) - midnight(sandboxNow())) / 86400000);
    return {'-1': 'yesterday', 0: 'today', 1: 'tomorrow'}[days];
  }

  function localise(root) {
    for (const el of root.querySelectorAll('time[data-format]')) {
      const at = new Date(el.dateTime);
      if (isNaN(at)) continue;
      el.textContent = el.dataset.format.replace(/\{(\w+)\}/g, (all, name) => formats[name] ? formats[name](at) : all);
      el.title = at.toISOString().replace('T', ' ').replace(/:\d\d\.\d+Z/, ' UTC');
    }
  }

  // ---- drawing -------------------------------------------------------------

  function parse(html) {
    const holder = document.createElement('template');
    holder.innerHTML = html;
    return holder.content;
  }

  const bottom = () => {
    const box = byID('messages');
    return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  };
  const toBottom = () => { const box = byID('messages'); box.scrollTop = box.scrollHeight; };
  // On a narrow screen the whole page scrolls, and only to something new.
  const toLatest = () => { toBottom(); byID('latest').scrollIntoView({block: 'nearest'}); };

  // swap replaces a part and keeps what the reader had: focus, scroll, folds.
  function swap(name, html) {
    if (drawn[name] === html) return;
    const first = drawn[name] === undefined;
    drawn[name] = html;
    if (name === 'modal') return swapModal(html);
    const root = byID(name);
    const focus = root.contains(document.activeElement) && document.activeElement;
    const message = focus && focus.closest('article');
    const folds = [...root.querySelectorAll('details[data-keep]')].map((d) => [d.dataset.keep, d.open]);
    const known = new Set([...root.querySelectorAll('article')].map((a) => a.id));
    const scroll = name === 'stream' && {end: bottom(), top: byID('messages').scrollTop};

    root.innerHTML = html;

    for (const [keep, open] of folds) {
      for (const d of root.querySelectorAll('details[data-keep]')) if (d.dataset.keep === keep) d.open = open;
    }
    localise(root);
    if (name === 'stream') {
      if (scroll.end) toBottom(); else byID('messages').scrollTop = scroll.top;
      const fresh = [...root.querySelectorAll('article')].filter((a) => !known.has(a.id));
      if (fresh.length && !first) {
        if (scroll.end) toLatest();
        announce(fresh);
      }
    }
    if (name === 'people') { markUnread(); showCurrent(); }
    if (focus) {
      const again = (focus.id && byID(focus.id)) || (message && byID(message.id)) ||
        (focus.href && [...root.querySelectorAll('a')].find((a) => a.href === focus.href));
      if (again) again.focus({preventScroll: true});
    }
  }

  // A modal is drawn again only when it says something else: what is being
  // typed into it stays.
  function swapModal(html) {
    const next = parse(html).querySelector('dialog');
    const now = byID('modal').querySelector('dialog');
    if (next && now && next.dataset.key === now.dataset.key) return;
    byID('modal').innerHTML = html;
    showModal();
    if (!next && now) byID('text').focus();
  }

  function showModal() {
    const dialog = byID('modal').querySelector('dialog');
    if (!dialog) return;
    localise(dialog);
    dialog.removeAttribute('open');
    dialog.addEventListener('cancel', (e) => {
      e.preventDefault();
      dialog.querySelector('[data-close]').click();
    });
    dialog.showModal();
    const wrong = dialog.querySelector('.wrong');
    const field = (wrong || dialog.querySelector('.blocks')).querySelector('input:not([type=hidden]), textarea, select');
    if (field) field.focus();
  }

  // On a narrow screen people and conversations are rows that scroll sideways.
  function showCurrent() {
    for (const el of byID('people').querySelectorAll('[aria-current]')) {
      const row = el.closest('ul');
      row.scrollLeft = el.offsetLeft - row.offsetLeft - (row.clientWidth - el.offsetWidth) / 2;
    }
  }

  function announce(fresh) {
    const last = fresh[fresh.length - 1].querySelector('.body');
    byID('news').textContent = 'New message: ' + last.innerText.replace(/\s+/g, ' ').trim().slice(0, 300);
  }

  // ---- what was read ---------------------------------------------------------

  function markUnread() {
    const first = sessionStorage.getItem('seen') === null;
    const seen = JSON.parse(sessionStorage.getItem('seen') || '{}');
    const people = [...document.querySelectorAll('[data-counts]')].map((el) => [el, JSON.parse(el.dataset.counts)]);
    for (const [, counts] of people) {
      for (const [key, n] of Object.entries(counts)) {
        if (first || key === here.as + '/' + here.in) seen[key] = n;
      }
    }
    sessionStorage.setItem('seen', JSON.stringify(seen));
    const fresh = (key, n) => n > (seen[key] || 0);
    for (const [el, counts] of people) {
      el.querySelector('.dot').hidden = el.hasAttribute('aria-current') || !Object.entries(counts).some(([k, n]) => fresh(k, n));
    }
    for (const el of document.querySelectorAll('[data-key][data-count]')) {
      el.querySelector('.dot').hidden = !fresh(el.dataset.key, Number(el.dataset.count));
    }
  }

  // ---- fetching ----------------------------------------------------------------

  let running = false, again = false;

  async function refresh() {
    if (running) { again = true; return; }
    running = true;
    try {
      do {
        again = false;
        const sources = await Promise.all(parts.map(async (name) => {
          const answer = await fetch(`/${name}?${where}`);
          if (!answer.ok) throw new Error(answer.statusText);
          return answer.text();
        }));
        parts.forEach((name, i) => swap(name, sources[i]));
      } while (again);
    } finally {
      running = false;
    }
  }

  const quietly = () => refresh().catch(() => {}); // the next event or poll tries again

  function follow() {
    const stream = new EventSource('/events');
    stream.addEventListener('change', quietly);
    stream.addEventListener('error', () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it reconnects by itself
      setTimeout(() => { quietly(); follow(); }, 3000);
    });
  }

  // ---- acting ------------------------------------------------------------------

  const notice = (text) => { byID('notice').textContent = text; };

  function post(action, fields) {
    return fetch(action, {method: 'POST', headers: {'X-Sandbox': 'script'}, body: fields});
  }

  // confirmed asks what a button wants to be asked first.
  function confirmed(button) {
    const question = button && button.nextElementSibling;
    if (!question || !question.matches('template.confirm')) return Promise.resolve(true);
    const dialog = byID('ask');
    dialog.replaceChildren(question.content.cloneNode(true));
    localise(dialog);
    dialog.returnValue = '';
    for (const b of dialog.querySelectorAll('[data-answer]')) {
      b.addEventListener('click', () => dialog.close(b.dataset.answer));
    }
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => {
        button.focus();
        resolve(dialog.returnValue === 'yes');
      }, {once: true});
    });
  }

  document.addEventListener('submit', async (event) => {
    const form = event.target, button = event.submitter;
    if (form.hasAttribute('data-plain') || form.method !== 'post') return;
    event.preventDefault();
    if (button && button.name === 'suggest') return suggest(button.closest('.search'));
    const action = (button && button.getAttribute('formaction')) || form.getAttribute('action');
    const fields = new URLSearchParams(new FormData(form, button));
    if (!await confirmed(button)) return;
    fields.set('confirmed', '1'); // asked above, where there was something to ask
    if (button) button.setAttribute('aria-busy', 'true');
    try {
      const answer = await post(action, fields);
      const text = await answer.text();
      notice(text);
      if (form.id === 'composer' && !text) { byID('text').value = ''; toBottom(); }
      await refresh();
    } catch {
      notice('The sandbox does not answer. Is it still running?');
    } finally {
      if (button) button.removeAttribute('aria-busy');
    }
  });

  let asked = 0;

  async function suggest(search) {
    const turn = ++asked;
    const form = search.closest('form');
    const fields = new URLSearchParams(new FormData(form));
    fields.set('suggest', search.dataset.name);
    try {
      const answer = await post('/suggest', fields);
      const html = await answer.text();
      if (turn !== asked) return;
      if (answer.headers.get('Content-Type').startsWith('text/html')) search.querySelector('.found').innerHTML = html;
      else notice(html);
    } catch {
      notice('The sandbox does not answer. Is it still running?');
    }
  }

  let typing;

  document.addEventListener('input', (event) => {
    const search = event.target.matches('input[type=search]') && event.target.closest('.search');
    if (!search) return;
    clearTimeout(typing);
    if (event.target.value.length < Number(search.dataset.least)) return;
    typing = setTimeout(() => suggest(search), 200);
  });

  document.addEventListener('focusin', (event) => {
    const search = event.target.matches('input[type=search]') && event.target.closest('.search');
    if (search && search.dataset.least === '0' && !search.querySelector('.found li')) suggest(search);
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('.search input[type=search]')) return;
    event.preventDefault(); // Enter here searches; it does not submit the modal
    suggest(event.target.closest('.search'));
  });

  document.addEventListener('click', (event) => {
    const chip = event.target.closest('[data-fill]');
    if (chip) {
      event.preventDefault();
      byID('text').value = chip.dataset.fill;
      byID('text').focus();
    }
    const link = event.target.closest('a[data-press]');
    if (link) {
      const fields = new URLSearchParams(new FormData(link.closest('form')));
      fields.set('press', link.dataset.press);
      fields.set('confirmed', '1');
      post('/click', fields).then(quietly, () => {});
    }
  });

  // ---- start -------------------------------------------------------------------

  localise(document);
  markUnread();
  showCurrent();
  showModal();
  toBottom();
  follow();
  setInterval(async () => {
    try {
      const answer = await fetch(`/clock?${where}`);
      if (answer.ok) swap('clock', await answer.text());
    } catch {
      // the event stream notices as well
    }
  }, 15000);
})();
