// Times of pages, uses of features.
const {send} = footfall, {max, min, round} = Math;
let hit = {}, shown = 0, since, reading;

const read = () => {
	if (reading) hit.read += min(performance.now() - since, 3e4); // idle
	since = performance.now();
	reading = document.hasFocus() && !document.hidden;
};

const scroll = () => {
	read();
	hit.scroll = max(hit.scroll, min(100, round(
		100 * (scrollY + innerHeight) / document.documentElement?.scrollHeight)));
};

const leave = ({p, s}) => {
	read();
	if (hit.p) {
		scroll();
		hit.read = round(hit.read / 1e3);
		send(hit);
	}
	hit = {k: 'timing', p: s > 399 ? 0 : p, read: 0, scroll: 0, err: 0};
};

const observer = new PerformanceObserver(list => {
	for (const entry of list.getEntries()) {
		const {activationStart, duration, interactionId, size, startTime, type} = entry;
		if (type) hit.load = round(max(duration - (shown = activationStart || 0), 0));
		if (size) hit.lcp = round(max(startTime - shown, 0));
		if (interactionId) hit.inp = max(hit.inp || 0, round(duration));
	}
});
for (const type of ['navigation', 'largest-contentful-paint', 'event', 'first-input'])
	observer.observe({type, buffered: true, durationThreshold: 16});

footfall.send = hit => {
	if (hit.k === 'view') leave(hit);
	return send(hit);
};

const use = what => send({k: 'feature', p: footfall.view.p, ...what});
footfall.use = f => { if (f) use({f}); };

for (const name of ['click', 'auxclick']) addEventListener(name, e => {
	if (e.button > 1) return;
	const path = e.composedPath(), link = path.find(x => x.localName === 'a');
	footfall.use(path.find(x => x.dataset?.footfall && x.localName !== 'form')?.dataset.footfall);
	if (!/^http/.test(link?.protocol)) return;
	if (link.hostname !== location.hostname) use({o: link.hostname});
	else if (/\.(pdf|zip|docx?|xlsx?|pptx?|csv|exe|dmg|mp[34]|7z|gz)$/i.test(link.pathname))
		use({d: link.pathname});
}, true);

for (const name of ['pointermove', 'keydown', 'focus', 'blur']) addEventListener(name, read, true);
for (const name of ['visibilitychange', 'pagehide']) addEventListener(name, leave, true);
for (const name of ['error', 'unhandledrejection'])
	addEventListener(name, () => { hit.err = min(hit.err + 1, 1e3); });
addEventListener('scroll', scroll, true);
addEventListener('submit', e => { footfall.use(e.target.dataset.footfall); }, true);
leave(footfall.view);
