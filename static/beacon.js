// footfall counts visits and stores nothing here.
(() => {
  'use strict';
  const script = document.currentScript;
  let from = document.referrer, last;

  const optedOut = () => !!navigator.globalPrivacyControl ||
    navigator.doNotTrack === '1' || window.doNotTrack === '1' ||
    /(^|; )footfall_optout=1(;|$)/.test(document.cookie);

  const send = (to, body, credentials) => fetch(new URL(to, script.src), {
    method: 'POST', body, keepalive: true, credentials, referrerPolicy: 'no-referrer'
  });

  // Counts the path shown, once.
  const view = async ({persisted}) => {
    try {
      if (persisted) last = 0; // back from the cache
      const p = location.pathname, hit = {k: 'view', p};
      if (p === last || document.hidden || document.prerendering ||
        navigator.webdriver || optedOut() || !/^http/.test(location)) return;
      if (from) hit.r = new URL(from).hostname;
      const meta = document.querySelector('meta[name=footfall-status]');
      if (meta && !last) hit.s = +meta.content || undefined;
      last = p;
      from = location.origin;
      await send('hit', JSON.stringify(hit), 'omit');
    } catch (e) {} // silent
  };

  if (window.footfall && footfall.optedOut) return; // included twice
  window.footfall = {
    optedOut,
    optOut: () => send('optout', 'out', 'include'),
    optIn: () => send('optout', 'in', 'include')
  };
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = (...args) => {
      original.apply(history, args);
      view({});
    };
  }
  for (const name of ['visibilitychange', 'prerenderingchange', 'pageshow', 'popstate'])
    addEventListener(name, view, true);
  view({});
})();
