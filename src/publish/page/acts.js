// What those may do who may act: buttons in each service, asked for once more before anything is done. For all others
// there are none.
(() => {
  const ACTS = [['restart', 'Restart'], ['start', 'Start'], ['stop', 'Stop'], ['maintenance', 'Maintenance']];
  const LENGTHS = [['30m', 'half an hour'], ['2h', '2 hours'], ['8h', '8 hours'], ['24h', 'a day']];
  let session = null;

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  async function learn() {
    const answer = await fetch('/api/v1/session');
    session = answer.ok ? await answer.json() : null;
    return session;
  }

  const saidOf = (result) => result.services
    ? result.services.map((one) => `${one.name}: ${one.result}${one.detail ? `, ${one.detail}` : ''}`).join('; ')
    : result.detail;

  // A token has its time: where it is over, another one is asked for once.
  async function order(service, act, body, isSecond = false) {
    const answer = await fetch(`/api/v1/services/${encodeURIComponent(service)}/${act}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf },
    });
    if (answer.status === 403 && !isSecond && (await learn())?.may_act) return order(service, act, body, true);
    return saidOf(await answer.json());
  }

  function ask(service, act, label) {
    const heading = make('h2', { id: 'act-question' }, `${label}: ${service}?`);
    const length = make('select', { name: 'for' }, ...LENGTHS.map(([value, said]) => make('option', { value }, said)));
    const reason = make('input', { name: 'reason', required: '', maxlength: '200', autocomplete: 'off' });
    const isMaintenance = act === 'maintenance';
    const fields = isMaintenance ? [make('label', {}, 'For ', length), make('label', {}, 'Reason ', reason)] : [];
    const no = make('button', { type: 'button' }, 'Cancel');
    const form = make('form', {}, heading, ...fields, make('p', {}, make('button', { type: 'submit' }, label), ' ', no));
    const dialog = make('dialog', { 'aria-labelledby': 'act-question', class: 'act' }, form);
    document.documentElement.append(dialog);
    dialog.addEventListener('close', () => dialog.remove());
    no.addEventListener('click', () => dialog.close());
    dialog.showModal();
    if (!isMaintenance) no.focus();
    return new Promise((decide) => {
      dialog.addEventListener('close', () => decide(null));
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        decide(isMaintenance ? { for: length.value, reason: reason.value } : {});
        dialog.close();
      });
    });
  }

  async function act(place, service, name, label) {
    const body = await ask(service, name, label);
    if (!body) return;
    const told = place.querySelector('output');
    const buttons = [...place.querySelectorAll('button')];
    buttons.forEach((button) => button.setAttribute('aria-disabled', 'true'));
    told.textContent = `${label} …`;
    try {
      told.textContent = await order(service, name, body);
    } catch {
      told.textContent = 'No answer came: the events say what was done.';
    }
    buttons.forEach((button) => button.removeAttribute('aria-disabled'));
  }

  function add() {
    for (const place of document.querySelectorAll('.acts')) {
      place.hidden = !session?.may_act;
      if (place.hidden || place.firstChild) continue;
      const { service } = place.closest('[data-service]').dataset;
      for (const [name, label] of ACTS) {
        const button = make('button', { type: 'button' }, label);
        button.addEventListener('click', () => button.getAttribute('aria-disabled') || act(place, service, name, label));
        place.append(button, ' ');
      }
      place.append(make('output', { 'aria-live': 'polite' }));
    }
  }

  document.addEventListener('brought', add);
  learn().then(add, () => {});
})();
