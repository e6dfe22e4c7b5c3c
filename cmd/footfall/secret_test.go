package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// stored returns the bytes of a compacted copy of a server's database.
func (w *wired) stored(t *testing.T) []byte {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := w.session.db.Backup(copied); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTwoRunsStoreTheSame sends the same hits to two servers, whose secrets
// differ: their databases agree to the byte, running day and closed day alike.
// So nothing that is derived from a secret, and through it from a visitor, is
// stored anywhere (RELIABILITY.md, J7).
func TestTwoRunsStoreTheSame(t *testing.T) {
	start := time.Date(2026, 11, 23, 22, 30, 0, 0, time.UTC)
	var running, closed [2][]byte
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
	if !bytes.Equal(running[0], running[1]) {
		t.Error("the running day of two runs differs: something that is stored depends on the secret")
	}
	if !bytes.Equal(closed[0], closed[1]) {
		t.Error("the closed day of two runs differs: something that is stored depends on the secret")
	}
	if bytes.Equal(running[0], closed[0]) {
		t.Error("the day did not close")
	}
}

// TestObjectorsLeaveNothing forces a thousand hits past the script, each with
// an objection: not a byte of the database and no metric moves.
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
	if !bytes.Equal(w.stored(t), storedBefore) {
		t.Error("the database changed")
	}
	if after := metrics(); after != metricsBefore {
		t.Errorf("metrics changed:\n%s\nbefore:\n%s", after, metricsBefore)
	}
}
