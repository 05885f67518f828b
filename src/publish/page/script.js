// The page is whole without this. What is here brings it up to date: each time the daemon tells of a new view the page is
// fetched anew, and what has changed is put in its place, so that focus, scrolling and what was opened stay as they are.
'use strict';
(() => {
  const SILENCE_MS = 20000;  // The daemon says something at least each 15 s.
  const POLL_MS = 5000;
  const REOPEN_MS = 30000;
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  let heard = Date.now();
  let isLost = false;
  let isFetching = false;
  let isWanted = false;
  let ahead = 0;  // The clock of the machine, against this one.
  let source = null;
  let reopening = 0;

  const plural = (count, unit) => `${Math.floor(count)} ${unit}`;
  function words(seconds) {
    if (seconds < 100) return plural(Math.max(seconds, 0), 's');
    if (seconds < 6000) return plural(seconds / 60, 'min');
    return seconds < 172800 ? plural(seconds / 3600, 'h') : plural(seconds / 86400, 'd');
  }

  // Times stand there in UTC; here it is known what the clock on the wall says.
  function tellTimes() {
    const now = Date.now() + ahead;
    for (const time of document.querySelectorAll('time')) {
      const at = new Date(time.dateTime);
      if (!time.title) time.title = at.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
      const { kind } = time.dataset;
      const isToday = at.toDateString() === new Date(now).toDateString();
      const said = kind === 'ago' ? words((now - at) / 1000)
        : kind === 'in' ? words((at - now) / 1000)
          : kind === 'minute' ? at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
            : isToday ? at.toLocaleTimeString(undefined, { hourCycle: 'h23' }) : at.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' });
      if (time.textContent !== said) time.textContent = said;
    }
    for (const zone of document.querySelectorAll('.zone')) zone.textContent = '';
  }

  function bringAttributes(old, fresh) {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }

  function bringChildren(old, fresh) {
    const named = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
    let place = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      let same = next.id ? named.get(next.id) : place;
      if (same && (same.nodeName !== next.nodeName || (!next.id && same.id))) same = null;
      if (!same) {
        old.insertBefore(next, place);
      } else {
        if (same === place) place = place.nextSibling; else old.insertBefore(same, place);
        bring(same, next);
      }
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  function bring(old, fresh) {
    if (old.isEqualNode(fresh) || old.classList?.contains('acts')) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.nodeName === 'TIME' && old.dateTime === fresh.dateTime && old.dataset.kind === fresh.dataset.kind) return;
    const isChanged = old.dataset.state && old.dataset.state !== fresh.dataset.state;
    bringAttributes(old, fresh);
    bringChildren(old, fresh);
    if (isChanged) old.classList.add('changed');
  }

  function take(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const focused = document.activeElement;
    bring(document.body, fresh.body);
    root.dataset.sequence = fresh.documentElement.dataset.sequence;
    document.title = fresh.title;
    document.querySelector('link[rel=icon]').href = fresh.querySelector('link[rel=icon]').href;
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    document.dispatchEvent(new Event('brought'));
    show();
  }

  async function refresh() {
    isWanted = true;
    if (isFetching) return;
    isFetching = true;
    while (isWanted) {
      isWanted = false;
      try {
        const answer = await fetch('/', { signal: AbortSignal.timeout(SILENCE_MS) });
        if (!answer.ok) throw new Error(answer.statusText);
        const text = await answer.text();
        const skew = Date.parse(answer.headers.get('date')) - Date.now();
        ahead = Math.abs(skew) > 2000 ? skew : 0;
        hear();
        take(text);
      } catch {
        lose();
      }
    }
    isFetching = false;
  }

  function hear() {
    heard = Date.now();
    isLost = false;
  }
  function lose() {
    isLost = true;
    show();
  }

  function show() {
    root.classList.toggle('is-lost', isLost);
    const lost = byId('lost');
    lost.hidden = !isLost;
    if (isLost) lost.querySelector('span').textContent = `last seen ${words((Date.now() - heard) / 1000)} ago`;
    byId('live').dataset.way = isLost ? 'lost' : source ? 'events' : 'polling';
    byId('how').textContent = isLost ? 'no connection' : source ? 'live' : 'asks every few seconds';
    byId('host').textContent = location.hostname;
    tellTimes();
  }

  // It comes back by itself after a break, but not after an answer such as "too many".
  function follow() {
    clearTimeout(reopening);
    if (!window.EventSource || source) return;
    source = new EventSource('/api/v1/stream');
    source.addEventListener('view', ({ data }) => {
      const isKnown = String(JSON.parse(data).sequence) === root.dataset.sequence && !isLost;
      hear();
      if (!isKnown) refresh();
      show();
    });
    source.addEventListener('beat', hear);
    source.addEventListener('error', () => {
      if (source?.readyState === EventSource.CLOSED) {
        leave();
        reopening = setTimeout(follow, REOPEN_MS);
        refresh();
      } else {
        lose();
      }
    });
  }
  function leave() {
    source?.close();
    source = null;
  }

  // A browser holds few connections to one address: a page that nobody sees needs none.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return leave();
    follow();
    refresh();
  });
  setInterval(() => {
    if (document.hidden) return;
    if (source && Date.now() - heard > SILENCE_MS) isLost = true;
    show();
  }, 1000);
  setInterval(() => {
    if (!document.hidden && (!source || isLost)) refresh();
  }, POLL_MS);

  show();
  if (!document.hidden) follow();
})();
