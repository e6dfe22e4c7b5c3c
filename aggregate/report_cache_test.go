package aggregate

import (
	"context"
	"fmt"
	"testing"
	"time"

	"footfall/aggregate/hit"
	"footfall/aggregate/internal/store"
)

// Whatever changes, an answer that is kept is the one that would be made now.
func TestKeptAnswersAreThoseOfNow(t *testing.T) {
	db := rolledDB(t)
	same := func(step string) {
		t.Helper()
		answers(t, db) // twice, so that all that is kept is asked for
		kept := answers(t, db)
		if len(db.cache.sites[testHost(t)].answers) < 100 {
			t.Fatalf("%s: nothing is kept", step)
		}
		db.cache.forget(testHost(t))
		db.lexicons.forget(testHost(t))
		if made := answers(t, db); made != kept {
			t.Errorf("%s: an answer that is kept differs:\n%s", step, diffLine(kept, made))
		}
	}
	views := func() string {
		r, err := db.Report(context.Background(), rollUpNow, &Query{Site: testHost(t), From: modelDay(t, "2026-10-14"), To: modelDay(t, "2026-10-14")})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.Totals())
	}
	same("days")
	before := views()
	rollUpAll(t, db)
	same("roll-ups")
	mergeDays(t, db, rollUpNow, []string{"2026-10-14", "2026-10-15"}, 200, true)
	if views() == before {
		t.Error("a day was replaced, and is answered as it was")
	}
	same("a day was replaced")
	if _, err := db.deleteBefore(testHost(t), modelDay(t, "2026-10-01")); err != nil {
		t.Fatal(err)
	}
	same("days were deleted")
	for i := range 30 {
		mustRecord(t, db, rollUpNow.Add(time.Minute), testView(t, "/d/3", i))
	}
	db.tick(rollUpNow.Add(20*time.Minute), false)
	same("a snapshot was taken")
	err := db.store.Update(func(tx *store.Tx) error {
		return tx.AddBlock(testHost(t), modelDay(t, "2026-10-20"), []byte("no block"))
	})
	if err != nil {
		t.Fatal(err)
	}
	same("a day was damaged")
	err = db.store.Update(func(tx *store.Tx) error {
		_, err := tx.DropBlocks(testHost(t), modelDay(t, "2026-10-20"), modelDay(t, "2026-10-20"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is kept stays within its budget, and what was used last stays longest.
func TestCacheIsBounded(t *testing.T) {
	var c cache
	host := testHost(t)
	key := func(i int) cacheKey { return cacheKey{host, 1, fmt.Sprint(i)} }
	const size = cacheBudget / 16
	for i := range 100 {
		c.put(key(i), &cached{bytes: size})
		if c.bytes > cacheBudget {
			t.Fatalf("%d bytes of %d", c.bytes, cacheBudget)
		}
		if c.get(key(0)) == nil {
			t.Fatalf("what was used last is gone after %d answers", i)
		}
	}
	if c.get(key(50)) != nil || c.get(key(99)) == nil {
		t.Error("what was used long ago is kept, or what came last is not")
	}
	c.put(key(100), &cached{bytes: cacheBudget})
	if c.get(key(100)) != nil {
		t.Error("an answer of the whole budget is kept")
	}
	c.put(cacheKey{host, 2, "x"}, &cached{bytes: size})
	if c.get(key(99)) != nil || c.bytes != size {
		t.Errorf("what another generation made is kept: %d bytes", c.bytes)
	}
	c.put(key(99), &cached{bytes: size})
	if c.get(key(99)) != nil || c.bytes != size {
		t.Error("an answer of an older generation is kept")
	}
}

// The texts of many sites stay within their budget.
func TestWordsAreBounded(t *testing.T) {
	var l lexicons
	for i := range 50 {
		h := modelHost(t, fmt.Sprintf("s%d.example", i))
		x := l.of(h)
		x.intern(nil, []string{"/a", "/b"})
		l.keep(h, wordsBudget/10)
		sum := int64(0)
		for _, n := range l.bytes {
			sum += n
		}
		if sum > wordsBudget || l.sites[h] != x {
			t.Fatalf("site %d: %d bytes of %d, kept: %t", i, sum, wordsBudget, l.sites[h] == x)
		}
	}
	var hosts []hit.Host
	for h := range l.sites {
		hosts = append(hosts, h)
	}
	if len(hosts) != 10 {
		t.Errorf("%d sites are kept, want 10", len(hosts))
	}
}
