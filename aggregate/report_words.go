package aggregate

import (
	"slices"
	"sync"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// words are the texts of the labels that a report reads: one id for a text,
// whichever month's dictionary it stands in.
type words struct {
	texts  []string                         // by id; shared, never written to
	find   func(text string) (uint32, bool) // among them
	months map[hit.Month]*monthWords        // of the months that can be read
	own    []string                         // texts that only a snapshot has; ids go on from the shared ones
	ownIDs map[string]uint32
}

// monthWords are a dictionary: the id of each of its labels.
type monthWords struct {
	runs []uint64 // stamps of the runs it was read from
	ids  []uint32 // by label
}

func (w *words) len() int { return len(w.texts) + len(w.own) }

// text returns the text of an id.
func (w *words) text(id uint32) string {
	if int(id) < len(w.texts) {
		return w.texts[id]
	}
	return w.own[int(id)-len(w.texts)]
}

// id returns the id of a text; false if no dictionary that was read has it.
func (w *words) id(text string) (uint32, bool) {
	if id, ok := w.ownIDs[text]; ok {
		return id, true
	}
	return w.find(text)
}

// add returns the ids of texts of this report alone, and gives them where they
// are new.
func (w *words) add(texts []string) []uint32 {
	ids := make([]uint32, len(texts))
	for i, s := range texts {
		id, ok := w.id(s)
		if !ok {
			id = uint32(w.len())
			if w.ownIDs == nil {
				w.ownIDs = map[string]uint32{}
			}
			w.ownIDs[s] = id
			w.own = append(w.own, s)
		}
		ids[i] = id
	}
	return ids
}

// wordsBudget is how many bytes the texts of all sites may take between
// questions. They are what a question would otherwise inflate anew: about
// 100 bytes for each different text of a site and 4 for each month it is in.
const wordsBudget = 32 << 20

// A lexicon is what a process remembers of the dictionaries of one site.
type lexicon struct {
	mu     sync.RWMutex // guards the fields below; held while dictionaries are inflated
	texts  []string
	ids    map[string]uint32
	months map[hit.Month]*monthWords
	bytes  int64
}

func newLexicon() *lexicon {
	return &lexicon{ids: map[string]uint32{}, months: map[hit.Month]*monthWords{}}
}

// lexicons are those of all sites, within the budget: who was asked for longest
// ago goes first.
type lexicons struct {
	mu    sync.Mutex // guards the fields below, for a few map operations
	sites map[hit.Host]*lexicon
	used  []hit.Host // the last one used last
	bytes map[hit.Host]int64
}

// of returns a site's lexicon.
func (l *lexicons) of(h hit.Host) *lexicon {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sites == nil {
		l.sites, l.bytes = map[hit.Host]*lexicon{}, map[hit.Host]int64{}
	}
	if i := slices.Index(l.used, h); i >= 0 {
		l.used = slices.Delete(l.used, i, i+1)
	}
	l.used = append(l.used, h)
	x := l.sites[h]
	if x == nil {
		x = newLexicon()
		l.sites[h] = x
	}
	return x
}

// drop forgets a site's texts, if they are still those of x.
func (l *lexicons) drop(h hit.Host, x *lexicon) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sites[h] == x {
		delete(l.sites, h)
		delete(l.bytes, h)
	}
}

// forget drops a site's texts.
func (l *lexicons) forget(h hit.Host) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sites, h)
	delete(l.bytes, h)
}

// keep notes how large a site's lexicon is and forgets others until all fit.
func (l *lexicons) keep(h hit.Host, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sites[h] == nil {
		return
	}
	l.bytes[h] = bytes
	sum := int64(0)
	for _, n := range l.bytes {
		sum += n
	}
	for len(l.used) > 0 && sum > wordsBudget {
		oldest := l.used[0]
		l.used = l.used[1:]
		sum -= l.bytes[oldest]
		delete(l.sites, oldest)
		delete(l.bytes, oldest)
	}
}

// words returns the texts of a site's months as they stand in the transaction.
func (l *lexicons) words(tx *store.Tx, h hit.Host, months []hit.Month) *words {
	for {
		x := l.of(h)
		w, bytes, ok := x.read(tx, h, months)
		if ok {
			l.keep(h, bytes)
			return w
		}
		l.drop(h, x) // a text that was there is gone: begin anew
	}
}

// read brings the lexicon up to date; false if something that it remembers is
// there no longer.
func (x *lexicon) read(tx *store.Tx, h hit.Host, months []hit.Month) (w *words, bytes int64, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	there := tx.LabelMonths(h)
	for m := range x.months {
		if !slices.Contains(there, m) {
			return nil, 0, false
		}
	}
	w = &words{months: map[hit.Month]*monthWords{}, find: x.find}
	for _, m := range months {
		runs := tx.LabelRuns(h, m)
		known := x.months[m]
		if known == nil {
			known = &monthWords{}
		}
		switch n := min(len(runs), len(known.runs)); {
		case !slices.Equal(runs[:n], known.runs[:n]):
			return nil, 0, false
		case len(runs) > n:
			texts, err := tx.LabelsAfter(h, m, n, uint32(len(known.ids)))
			if err != nil {
				continue // damaged: its days cannot be told by label
			}
			known = &monthWords{runs, x.intern(known.ids, texts)}
			x.months[m] = known
		}
		if len(known.runs) > 0 {
			w.months[m] = known
		}
	}
	w.texts = x.texts
	return w, x.bytes, true
}

// intern returns the ids with those of more texts.
func (x *lexicon) intern(ids []uint32, texts []string) []uint32 {
	out := slices.Grow(slices.Clone(ids), len(texts))
	for _, s := range texts {
		id, ok := x.ids[s]
		if !ok {
			id = uint32(len(x.texts))
			s = string([]byte(s)) // the run's memory is not to stay for one text of it
			x.ids[s] = id
			x.texts = append(x.texts, s)
			x.bytes += int64(len(s)) + 64
		}
		out = append(out, id)
	}
	x.bytes += 4 * int64(len(texts))
	return out
}

func (x *lexicon) find(text string) (uint32, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok := x.ids[text]
	return id, ok
}
