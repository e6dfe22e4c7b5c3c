package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// hitAs posts a view to a wired server, as a visitor of an address, behind a
// proxy that it trusts.
func hitAs(t *testing.T, base, address, path string, headers ...string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, base+"/hit", strings.NewReader(fmt.Sprintf(`{"k":"view","p":%q,"r":"ref.example"}`, path)))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range append(headers, "Origin: http://localhost", "User-Agent: "+firefox, "X-Forwarded-For: "+address) {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // it is empty
	if answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// stored returns every key and value of a server's database, read by bbolt
// itself. The bytes of the file would not do: bbolt leaves what was in its
// buffers behind the end of a page.
func (w *wired) stored(t *testing.T) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := w.session.db.Backup(copied); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(copied, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error { return dump(&b, fmt.Sprintf("%x", name), bucket) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func dump(to *strings.Builder, path string, bucket *bolt.Bucket) error {
	return bucket.ForEach(func(k, v []byte) error {
		at := fmt.Sprintf("%s/%x", path, k)
		if v == nil {
			return dump(to, at, bucket.Bucket(k))
		}
		fmt.Fprintf(to, "%s = %x\n", at, v)
		return nil
	})
}

// TestTwoRunsStoreTheSame sends the same hits to two servers, whose secrets
// differ: their databases agree in every key and value, running day and closed
// day alike.
// So nothing that is derived from a secret, and through it from a visitor, is
// stored anywhere (RELIABILITY.md, J7).
func TestTwoRunsStoreTheSame(t *testing.T) {
	start := time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC)
	var running, closed [2]string
	for run := range 2 {
		w := wire(t, start)
		for i := range 120 {
			hitAs(t, w.web.publicURL(), fmt.Sprintf("198.51.%d.%d", i%30, i), fmt.Sprintf("/section/%d", i%7))
			w.now.Add(20)
		}
		running[run] = w.stored(t)
		w.now.Store(start.Add(3 * time.Hour).Unix())
		hitAs(t, w.web.publicURL(), "198.51.100.7", "/next/day")
		closed[run] = w.stored(t)
	}
	if running[0] != running[1] {
		t.Error("the running day of two runs differs: something that is stored depends on the secret")
	}
	if closed[0] != closed[1] {
		t.Error("the closed day of two runs differs: something that is stored depends on the secret")
	}
	if running[0] == closed[0] {
		t.Error("the day did not close")
	}
}

// TestObjectorsLeaveNothing forces a thousand hits past the script, each with
// an objection: no key or value of the database and no metric moves.
func TestObjectorsLeaveNothing(t *testing.T) {
	w := wire(t, time.Now())
	for i := range 30 {
		hitAs(t, w.web.publicURL(), fmt.Sprintf("198.51.%d.1", i), "/seen")
	}
	metrics := func() string {
		t.Helper()
		answer, err := http.Get(w.web.adminURL() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	storedBefore, metricsBefore := w.stored(t), metrics()
	objections := []string{"Cookie: footfall_optout=1", "Sec-GPC: 1", "DNT: 1"}
	for i := range 1_000 {
		hitAs(t, w.web.publicURL(), fmt.Sprintf("198.51.%d.9", i%200), fmt.Sprintf("/objected/%d", i), objections[i%len(objections)])
	}
	if w.stored(t) != storedBefore {
		t.Error("the database changed")
	}
	if after := metrics(); after != metricsBefore {
		t.Errorf("metrics changed:\n%s\nbefore:\n%s", after, metricsBefore)
	}
}
