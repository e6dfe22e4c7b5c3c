package static_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"footfall/static"
)

// Behind # stands what the publisher has listed, or nothing of it leaves.
func TestRoutesBehindTheHash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, _ string) string {
		return (&static.Embed{Base: collector, Routes: []string{"/", "/settings", "/user/*/bill", "/user/*"}}).Element()
	}})
	w.open("/app#access_token=SECRET")
	w.expect(view("/app"))
	for _, step := range []struct{ script, want string }{
		{`location.hash = '/'`, "/"},
		{`location.hash = '/settings'`, "/settings"},
		{`location.hash = '/settings?tab=SECRET'`, ""},
		{`location.hash = '/settings/SECRET'`, "/app"},
		{`location.hash = '/SECRET/settings'`, ""},
		{`location.hash = '/user/SECRET'`, "/user/*"},
		{`history.pushState(null, '', '#/user/SECRET2?mail=SECRET')`, ""},
		{`location.hash = '/user/SECRET/bill'`, "/user/*/bill"},
		{`history.replaceState(null, '', '#/settings')`, "/settings"},
		{`history.go(-2)`, "/user/*"},
		{`location.hash = 'part'`, "/app"},
		{`document.getElementById('part').click()`, ""},
	} {
		w.run(step.script)
		if step.want == "" {
			w.silence()
		} else {
			w.expect(inner(step.want))
		}
		if t.Failed() {
			t.Fatal(step.script)
		}
	}
	if strings.Contains(w.collector.bytes(), "SECRET") {
		t.Error("what stands behind # reached the collector")
	}
	w.works()
}

// Without the attribute a fragment is a place on the page.
func TestHashAloneIsNoRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/app#/settings")
	w.expect(view("/app"))
	w.run(`location.hash = '/user/1'`)
	w.silence()
}

// A frame is a document of its own; one that may not read its cookies cannot
// tell whether its visitor has refused.
func TestFrames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/one")
	w.expect(view("/one"))
	w.run(`document.body.append(Object.assign(document.createElement('iframe'), {src: '/two'}))`)
	w.expect(inner("/two"))
	frame := func(sandbox string) string {
		return `document.body.append(Object.assign(document.createElement('iframe'), {src: '/three', sandbox: '` + sandbox + `'}))`
	}
	w.run(frame("allow-scripts allow-same-origin"))
	w.expect(inner("/three"))
	w.run(frame("allow-scripts"))
	w.silence()
	w.works()
}

// However fast a page is loaded again, each document is counted once at most.
func TestReloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.open("/one")
	w.expect(view("/one"))
	for range 3 {
		w.run(`location.reload()`)
		w.expect(inner("/one")) // a page that reloads itself is its own referrer
	}
	const loads = 9
	var left atomic.Int64
	left.Store(loads)
	w.site = serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		again := ""
		if r.URL.Path == "/storm" && left.Add(-1) > 0 {
			again = `<script>setTimeout(() => location.reload(), 40)</script>`
		}
		_, _ = fmt.Fprintf(rw, `<!doctype html><title>storm</title>%s%s`, again, static.Snippet(w.collector.url))
	}))
	w.open("/storm")
	wait(t, "the page to come to rest", func() bool { return left.Load() <= 0 })
	time.Sleep(2 * settle)
	if hits := len(w.collector.take()); hits == 0 || hits > loads {
		t.Errorf("%d views of %d documents", hits, loads)
	}
}

// The attribute says what the element in the head would.
func TestStatusByAttribute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{head: func(collector, _ string) string {
		return strings.Replace(static.Snippet(collector), "<script", `<script data-status="404"`, 1)
	}})
	w.open("/gone")
	w.expect(`{"k":"view","p":"/gone","s":404}`)
}
