'use strict';
if (!self.footfall?.send) {
	const {src, dataset: {
		more, routes = '', status = document.querySelector('[name=footfall-status]')?.content}} = document.currentScript;
	let referrer = document.referrer;

	const post = (to, body, credentials) => fetch(new URL(to, src), {
		method: 'POST', body, keepalive: true, credentials, referrerPolicy: 'no-referrer'});

	self.footfall = {
		optIn: () => post('optout', 'in', 'include'),
		optOut: () => post('optout', 'out', 'include'),
		optedOut: () => navigator.globalPrivacyControl || navigator.doNotTrack > 0 ||
			/\bfootfall_optout=1\b/.test(document.cookie),
		async send(hit) {
			try {
				if (!location.host || navigator.webdriver || footfall.optedOut()) return;
				await post('hit', JSON.stringify(hit), 'omit');
				more == null || await import(new URL(more || 'beacon-more.js', src));
			} catch {}
		}
	};

	const view = async ({persisted}) => {
		if (persisted) footfall.view = 0;
		const p = routes.split(/ /).find(t => location.hash.match(
			`^#${t.replace(/\*/g, '.+')}(\\?|$)`)) || location.pathname;
		if (p === footfall.view?.p || document.hidden || document.prerendering) return;
		const hit = {k: 'view', p, r: referrer.split(/[/:]+/)[1]};
		if (!footfall.view && status > 0) hit.s = +status;
		referrer = location.origin;
		footfall.view = hit;
		footfall.send(hit);
	};

	view({});
	for (const name of ['visibilitychange', 'prerenderingchange', 'popstate', 'pageshow'])
		addEventListener(name, view, 1);
	for (const name of ['replaceState', 'pushState']) {
		const orig = history[name];
		history[name] = (...args) => {
			orig.apply(history, args);
			view({});
		};
	}
}
