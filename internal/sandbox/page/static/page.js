// What htmx cannot do: times in the reader's zone, which conversations hold
// something unread, dialogs in the browser's top layer, and the arrow keys in
// the list of commands. Without this script and htmx the page works by plain
// links and forms.
'use strict';
(() => {
  const byID = (id) => document.getElementById(id);
  const on = (event, act) => document.body.addEventListener(event, act);

  // ---- times ---------------------------------------------------------------

  const day = (options) => (d) => d.toLocaleDateString(undefined, {year: 'numeric', ...options});
  const clock = (options) => (d) => d.toLocaleTimeString(undefined, {hour: 'numeric', minute: '2-digit', ...options});
  const formats = {
    date_num: (d) => d.toLocaleDateString('sv'), // writes 2026-11-24
    date: day({month: 'long', day: 'numeric'}),
    date_short: day({month: 'short', day: 'numeric'}),
    date_long: day({month: 'long', day: 'numeric', weekday: 'long'}),
    time: clock(),
    time_secs: clock({second: '2-digit'}),
    ago: (d, now) => {
      const minutes = Math.round((d - now) / 60000), size = Math.abs(minutes);
      const [n, unit] = size < 60 ? [minutes, 'minute'] : size < 1440 ? [minutes / 60, 'hour'] : [minutes / 1440, 'day'];
      return new Intl.RelativeTimeFormat(undefined, {numeric: 'auto'}).format(Math.round(n), unit);
    },
  };
  for (const name of ['date', 'date_short', 'date_long']) {
    formats[name + '_pretty'] = (d, now) => nearDay(d, now) || formats[name](d);
  }

  function nearDay(d, now) {
    const midnight = (t) => new Date(t.getFullYear(), t.getMonth(), t.getDate());
    return {'-1': 'yesterday', 0: 'today', 1: 'tomorrow'}[Math.round((midnight(d) - midnight(now)) / 86400000)];
  }

  // "Today" is a day of the sandbox's clock, not of the reader's.
  function localise(root) {
    const now = new Date(root.querySelector('#now').dateTime);
    for (const el of root.querySelectorAll('time[data-format]')) {
      const at = new Date(el.dateTime);
      if (isNaN(at)) continue;
      el.textContent = el.dataset.format.replace(/\{(\w+)\}/g, (all, name) => formats[name] ? formats[name](at, now) : all);
      el.title = at.toISOString().replace('T', ' ').replace(/:\d\d\.\d+Z/, ' UTC');
    }
  }

  // ---- what was read -------------------------------------------------------

  function markUnread(root) {
    const stored = sessionStorage.getItem('seen');
    const seen = JSON.parse(stored || '{}');
    const here = root.querySelector('[data-room][aria-current]')?.dataset.room;
    const people = [...root.querySelectorAll('[data-counts]')].map((el) => [el, Object.entries(JSON.parse(el.dataset.counts))]);
    for (const [key, n] of people.flatMap(([, counts]) => counts)) {
      if (!stored || key === here) seen[key] = n;
    }
    sessionStorage.setItem('seen', JSON.stringify(seen));
    const unread = ([key, n]) => n > (seen[key] || 0);
    for (const [el, counts] of people) {
      el.querySelector('.dot').hidden = el.hasAttribute('aria-current') || !counts.some(unread);
    }
    for (const el of root.querySelectorAll('[data-room]')) {
      el.querySelector('.dot').hidden = !unread([el.dataset.room, Number(el.dataset.count)]);
    }
  }

  // ---- the new page into the old one ---------------------------------------

  let opener; // what had the focus when a dialog opened

  Object.assign(Idiomorph.defaults.callbacks, {
    beforeNodeMorphed(old, next) {
      if (next.id === 'app') { localise(next); markUnread(next); }
      // What is being typed, and lists that are open, stay while they mean the same.
      return !(old.dataset?.key && old.dataset.key === next.dataset?.key);
    },
    beforeAttributeUpdated: (name, el) => !(name === 'open' && el.hasAttribute('data-fold')),
    afterNodeRemoved(node) {
      if (node.nodeName === 'DIALOG') (byID(opener) || byID('main')).focus({preventScroll: true});
    },
  });

  function showDialogs() {
    for (const dialog of document.querySelectorAll('dialog[open]:not(:modal)')) {
      if (!document.activeElement.closest('dialog')) opener = document.activeElement.id;
      dialog.removeAttribute('open');
      dialog.showModal();
    }
  }

  on('htmx:afterSwap', (event) => {
    showDialogs();
    const link = event.detail.requestConfig.elt;
    if (link.hasAttribute('data-show')) byID(new URL(link.href).hash.slice(1))?.focus();
    const combo = byID('text');
    if (event.detail.target.id === 'offers') combo.setAttribute('aria-expanded', String(!!byID('offers').firstChild));
  });
  let presses = 0; // so far; an answer draws the page only while it answers the newest

  on('htmx:configRequest', (event) => {
    const asked = event.detail;
    if (asked.elt.id === 'live') asked.path = location.pathname + location.search;
    else if (asked.target.id === 'app') asked.press = ++presses;
  });
  on('htmx:beforeSwap', (event) => {
    const answer = event.detail, asked = answer.requestConfig;
    if (asked.elt.id === 'live' && asked.path !== location.pathname + location.search) {
      answer.shouldSwap = false; // about a place that was left meanwhile
    } else if (asked.press < presses) {
      answer.shouldSwap = false; // the reader has pressed something else since
    } else if (answer.target.id === 'app' && !asked.elt.isConnected) {
      answer.shouldSwap = false; // a form that is gone by now has lost what the body says for it
      history.replaceState(history.state, '', answer.xhr.responseURL);
      htmx.swap(answer.target, answer.serverResponse, {swapStyle: 'morph:outerHTML'},
        {select: '#app', contextElement: document.body, eventInfo: answer});
    }
  });
  on('htmx:afterRequest', (event) => {
    if (event.detail.elt.id === 'composer' && event.detail.successful && !byID('notice').textContent) fill('');
  });
  on('htmx:sendError', () => { byID('notice').textContent = 'The sandbox does not answer. Is it still running?'; });

  // ---- keys and presses ----------------------------------------------------

  function fill(text) {
    byID('text').value = text;
    byID('text').setAttribute('aria-expanded', 'false');
    byID('text').removeAttribute('aria-activedescendant');
    byID('offers').replaceChildren();
  }

  function pick(event) {
    const offers = [...byID('offers').children];
    const at = offers.findIndex((o) => o.ariaSelected === 'true');
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!offers.length) return;
    if (step) {
      const next = offers[at < 0 && step < 0 ? offers.length - 1 : (at + step + offers.length) % offers.length];
      for (const o of offers) o.ariaSelected = String(o === next);
      next.scrollIntoView({block: 'nearest'});
      event.target.setAttribute('aria-activedescendant', next.id);
    } else if (at >= 0 && (event.key === 'Enter' || event.key === 'Tab')) fill(offers[at].dataset.fill);
    else if (event.key === 'Escape') fill(event.target.value);
    else return;
    event.preventDefault();
  }

  on('keydown', (event) => {
    if (event.target.id === 'text') pick(event);
    if (event.key === 'Enter' && event.target.type === 'search') { // it searches; it does not submit the modal
      event.preventDefault();
      htmx.trigger(event.target, 'search');
    }
  });
  document.addEventListener('cancel', (event) => {
    event.preventDefault();
    event.target.querySelector('[data-close]').click();
  }, true);
  on('click', (event) => {
    const chosen = event.target.closest('[data-fill]');
    if (chosen) {
      event.preventDefault();
      fill(chosen.dataset.fill);
      byID('text').focus();
    }
    const away = event.target.closest('a[data-press]'); // the app is told of links, too
    if (away) {
      htmx.ajax('POST', '/click', {
        source: away.closest('form'), values: {press: away.dataset.press}, target: '#app', select: '#app', swap: 'morph:outerHTML',
      });
    }
  });

  localise(document);
  markUnread(document);
  showDialogs();
})();
