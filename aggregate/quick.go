package aggregate

import (
	"errors"
	"fmt"
	"io/fs"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/block"
	"footfall/aggregate/internal/distinct"
	"footfall/aggregate/internal/store"
)

// QuickCheck reads a database that nobody writes, before a server opens it: the
// whole tree of keys, then every value once, comparing checksums and decoding
// no table. It returns what is damaged and can be served around: days, labels
// of a month, roll-ups, each with its site. The error is for a file that cannot
// be served; it is nil where there is no file, and for one of an earlier version
// or that another process has open, which whoever opens it next deals with.
//
// It takes time and memory in proportion to the file, and no more than that: a
// pass over its bytes, a bit a page, the largest value, and the records of the
// running days.
func QuickCheck(path string) (damaged []string, err error) {
	st, err := store.Open(path, store.Options{ReadOnly: true})
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, store.ErrOlder), errors.Is(err, store.ErrLocked):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer st.Close()
	q := &quick{}
	err = st.View(func(tx *store.Tx) error {
		sites, err := tx.Sites()
		for _, s := range sites {
			if err == nil {
				err = q.site(tx, s.Host)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return q.damaged, nil
}

type quick struct{ damaged []string }

func (q *quick) note(h hit.Host, what string) {
	if text := h.String() + " " + what; len(q.damaged) == 0 || q.damaged[len(q.damaged)-1] != text {
		q.damaged = append(q.damaged, text)
	}
}

func (q *quick) site(tx *store.Tx, h hit.Host) error {
	err := tx.EachBlock(h, -1<<31, 1<<31-1, func(d hit.Day, b []byte) error {
		if !wholeBlock(b) {
			q.note(h, d.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range tx.LabelMonths(h) {
		if _, damaged, err := tx.Labels(h, m); err != nil || damaged {
			q.note(h, "labels of "+m.String())
		}
	}
	err = tx.EachSum(h, func(k store.SumKind, first hit.Day, b []byte) error {
		p := sumPeriod{k, first}
		if sum, ok := openRollUp(p, b); !ok || !wholePieces(sum) {
			q.note(h, "roll-up of "+p.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = snapshots(tx, h, func(d hit.Day, b []byte) {
		if _, rest, err := cutPortable(b); err != nil || !wholeBlock(rest) {
			q.note(h, "snapshot of "+d.String())
		}
	})
	if err != nil {
		return err
	}
	return checkOpen(tx, h)
}

// checkOpen reads the records of the running days as a server does that starts.
func checkOpen(tx *store.Tx, h hit.Host) error {
	days, err := tx.OpenDays(h)
	if err != nil {
		return err
	}
	for _, day := range days {
		shared := newShared(0)
		shared.budget = distinct.NewBudget(0)
		d := newOpenDay(&shared, &SiteConfig{Host: h}, day, 0)
		err := tx.OpenRecords(h, day, d.load)
		d.release()
		if err != nil {
			return fmt.Errorf("%s: running day %s: %w", h, day, err)
		}
	}
	return nil
}

func wholeBlock(b []byte) bool {
	opened, err := block.Open(b)
	return err == nil && opened.Whole()
}

func wholePieces(sum *rollUp) bool {
	for _, p := range sum.pieces {
		if !p.Whole() {
			return false
		}
	}
	return true
}
