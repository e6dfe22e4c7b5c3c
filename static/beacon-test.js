// Explains why nothing arrives from a page. It counts nothing, stores nothing and sends no hit: it
// asks the collector's routes which methods they take. On the collector's own page /test it fills
// in the list there; anywhere else it is loaded by hand, in the console of the page in question:
//   import('https://stats.example.org/beacon-test.js')
const here = new URL(import.meta.url);
const base = new URL('.', here).href;
const list = document.getElementById('footfall-test'); // on /test

const texts = {
	en: {
		gpc: 'Global Privacy Control is on in this browser: it sends nothing, as it should.',
		dnt: 'Do Not Track is on in this browser: it sends nothing, as it should.',
		cookie: 'This browser has been opted out: it sends nothing, as it should. Opt in again at %s',
		automated: 'This browser is driven by a program: it sends nothing, as it should.',
		willing: 'No objection stands in this browser.',
		csp: 'A Content-Security-Policy stops it: add %o to the directive %d.',
		blocked: 'No answer from %u: something in this browser blocks it, or the collector is down.',
		stripped: '%u is answered, but not by footfall: hand everything below the script’s directory ' +
			'to the collector, not the script alone, and with the directory taken off.',
		reached: 'Hits reach footfall at %u',
		stranger: 'footfall counts no site that is called %h: add it as a site or an alias.',
		known: 'footfall knows %h.',
		missing: 'The page has no script element from %u: embed the snippet, and clear the page’s caches.',
		idle: 'The script element is there, but the script has not run: see the console for what stops it.',
		runs: 'The script runs.',
		old: 'An older copy of the script is in use here: browsers keep one for an hour, a cache in ' +
			'between perhaps longer.',
		fresh: 'The script is the collector’s current one.',
		foreign: 'The collector’s host %c is not of the site %h: browsers and blockers treat it as a third ' +
			'party, and a refusal given there does not reach the site. Use a path or a subdomain of the site.',
		own: 'The collector’s host belongs to the site.',
		unread: 'The page %u could not be read: it answers %s.',
		done: 'Nothing is wrong from here. Open a page of the site: it is counted.'
	},
	fr: {
		gpc: 'Global Privacy Control est activé dans ce navigateur : il n’envoie rien, comme il se doit.',
		dnt: 'Do Not Track est activé dans ce navigateur : il n’envoie rien, comme il se doit.',
		cookie: 'Ce navigateur a refusé la mesure : il n’envoie rien, comme il se doit. Pour l’accepter : %s',
		automated: 'Ce navigateur est piloté par un programme : il n’envoie rien, comme il se doit.',
		willing: 'Aucune opposition dans ce navigateur.',
		csp: 'Une Content-Security-Policy l’arrête : ajoutez %o à la directive %d.',
		blocked: 'Pas de réponse de %u : quelque chose le bloque dans ce navigateur, ou le collecteur est arrêté.',
		stripped: '%u répond, mais ce n’est pas footfall : transmettez au collecteur tout le répertoire du ' +
			'script, pas le script seul, et en retirant ce répertoire du chemin.',
		reached: 'Les envois atteignent footfall à %u',
		stranger: 'footfall ne compte aucun site nommé %h : ajoutez-le comme site ou comme alias.',
		known: 'footfall connaît %h.',
		missing: 'La page n’a pas d’élément script venant de %u : insérez l’extrait et videz les caches de la page.',
		idle: 'L’élément script est là, mais le script n’a pas tourné : la console dit ce qui l’arrête.',
		runs: 'Le script tourne.',
		old: 'Une ancienne copie du script est utilisée ici : les navigateurs en gardent une pendant une ' +
			'heure, un cache intermédiaire peut-être plus.',
		fresh: 'Le script est celui du collecteur.',
		foreign: 'L’hôte du collecteur, %c, n’est pas du site %h : navigateurs et bloqueurs y voient un tiers, ' +
			'et un refus donné là-bas n’atteint pas le site. Prenez un chemin ou un sous-domaine du site.',
		own: 'L’hôte du collecteur appartient au site.',
		unread: 'La page %u n’a pas pu être lue : elle répond %s.',
		done: 'D’ici, rien ne manque. Ouvrez une page du site : elle est comptée.'
	}
}[here.searchParams.get('lang') === 'fr' ? 'fr' : 'en'];

let wrong = 0;
const found = [];

const say = (ok, id, values = {}) => {
	const text = texts[id].replace(/%(\w)/g, (_, name) => values[name]);
	if (!ok) wrong++;
	found.push({ok, id, text});
	if (list) {
		const item = list.appendChild(document.createElement('li'));
		item.className = ok ? 'good' : 'bad';
		item.textContent = (ok ? '✓ ' : '✗ ') + text;
	} else console[ok ? 'info' : 'warn']('footfall: ' + text);
};

// What a policy has stopped since, by address.
const stopped = [];
document.addEventListener('securitypolicyviolation', e => stopped.push(e));

const ask = async (name, how) => {
	try {
		return await fetch(base + name, {credentials: 'omit', referrerPolicy: 'no-referrer', ...how});
	} catch {
		return null;
	}
};

const objections = () => {
	const before = wrong;
	if (navigator.globalPrivacyControl) say(false, 'gpc');
	if (navigator.doNotTrack > 0) say(false, 'dnt');
	if (/\bfootfall_optout=1\b/.test(document.cookie)) say(false, 'cookie', {s: base + 'optout'});
	if (navigator.webdriver) say(false, 'automated');
	if (wrong === before) say(true, 'willing');
};

// Whether hits get through, which is asked without sending one.
const way = async () => {
	const answer = await ask('hit', {method: 'OPTIONS'});
	if (answer?.status === 204) {
		say(true, 'reached', {u: base + 'hit'});
		return true;
	}
	await new Promise(done => setTimeout(done)); // the report of a policy comes after the error
	const policy = stopped.find(e => e.blockedURI.startsWith(here.origin));
	if (policy) say(false, 'csp', {o: here.origin, d: policy.effectiveDirective});
	else if (answer || await ask('hit', {mode: 'no-cors'})) say(false, 'stripped', {u: base + 'hit'});
	else say(false, 'blocked', {u: base + 'hit'});
	return false;
};

// Whether the page's host is a site's: /optout lets no other page ask it.
const site = async () => {
	const answer = await ask('optout', {method: 'OPTIONS'});
	const known = answer?.ok && (here.origin !== location.origin ||
		answer.headers.has('access-control-allow-origin'));
	say(!!known, known ? 'known' : 'stranger', {h: location.hostname});
};

const version = answer => answer?.headers.get('etag')?.match(/[0-9a-f]{24}/)?.[0];

const age = async name => {
	const [used, current] = [await ask(name, {cache: 'force-cache'}),
		await ask(name + '?' + performance.now(), {cache: 'reload'})];
	const same = version(used) === version(current);
	say(same, same ? 'fresh' : 'old');
};

const belongs = () => {
	const own = location.hostname.replace(/^www\./, ''), above = here.hostname.replace(/^[^.]+\./, '');
	const same = `.${here.hostname}`.endsWith(`.${own}`) ||
		above.includes('.') && `.${own}`.endsWith(`.${above}`);
	say(same, same ? 'own' : 'foreign', {c: here.hostname, h: location.hostname});
};

const ours = (root, from) => [...root.querySelectorAll('script[src]')]
	.map(element => new URL(element.getAttribute('src'), from))
	.find(({href}) => href.startsWith(base) && /^[\w.-]+\.js\b/.test(href.slice(base.length)));

// On the page of a site.
const onSite = async () => {
	objections();
	belongs();
	if (!await way()) return;
	await site();
	const script = ours(document, location.href);
	if (!script) return say(false, 'missing', {u: base});
	const runs = typeof self.footfall?.optedOut === 'function';
	say(runs, runs ? 'runs' : 'idle');
	await age(script.href.slice(base.length));
};

// On /test: the collector's own host, and a page of the site where it has the same origin.
const onTest = async () => {
	objections();
	if (!await way()) return;
	await age('beacon.js');
	// At the root of a host stands the dashboard, not a page of the site.
	if (list.dataset.page == null || here.pathname.lastIndexOf('/') === 0) return;
	await site();
	const page = new URL(list.dataset.page, location.href);
	const answer = await fetch(page, {credentials: 'omit'});
	if (!answer.ok) return say(false, 'unread', {u: page.href, s: answer.status});
	const root = new DOMParser().parseFromString(await answer.text(), 'text/html');
	const script = ours(root, answer.url);
	if (!script) return say(false, 'missing', {u: base});
	for (const directive of refusing(answer.headers.get('content-security-policy') || ''))
		say(false, 'csp', {o: "'self'", d: directive});
};

// The directives of a policy that do not let a page load from its own origin, as far as can be told
// without running it: a nonce or a hash may still let the element pass.
const refusing = policy => {
	const all = new Map(policy.split(';').map(one => one.trim().split(/\s+/))
		.map(([name, ...sources]) => [name, sources]));
	const lets = source => ["'self'", '*', here.protocol].includes(source) ||
		source.startsWith("'nonce-") || source.replace(/^https?:\/\//, '').split('/')[0] === here.host;
	return ['script-src', 'connect-src'].filter(name => {
		const sources = (name === 'script-src' && all.get('script-src-elem')) || all.get(name) ||
			all.get('default-src');
		return sources && !sources.some(lets);
	});
};

const line = document.getElementById('footfall-line'); // what to enter elsewhere
if (line) line.textContent = `import('${here.href}')`;

await (list ? onTest() : onSite()).catch(() => say(false, 'blocked', {u: base}));
if (!wrong) say(true, 'done');
export default found;
