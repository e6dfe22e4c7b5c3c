package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What a source file may not name, as a selector (r.RemoteAddr, net.Dial) or
// as a string (a header's name), and where it may all the same.
var mayName = []struct {
	selectors []string // "RemoteAddr" of anything, "net.Dial" of a package
	texts     []string // in lower case, at the start of a string
	under     string   // the directory it holds for
	but       []string // files, or directories with a slash at the end
	why       string
}{
	{
		selectors: []string{"RemoteAddr", "RealIP"},
		texts:     []string{"x-forwarded", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip", "x-client-ip"},
		but:       []string{"collector/edge/"},
		why:       "the peer's address is read in one file",
	},
	{
		selectors: []string{"UserAgent", "Referer", "Cookie", "Cookies", "CookiesNamed"},
		texts:     []string{"user-agent", "referer", "origin", "cookie", "sec-", "dnt", "purpose", "x-moz", "x-purpose"},
		under:     "collector/",
		but:       []string{"collector/headers.go", "collector/edge/", "collector/internal/accesslog/"},
		why:       "what a visitor's request says of the visitor is read in one file",
	},
	{
		selectors: []string{"http.Get", "http.Head", "http.Post", "http.PostForm", "http.Client", "http.DefaultClient", "http.Transport",
			"http.DefaultTransport", "net.Dial", "net.DialTimeout", "net.DialTCP", "net.DialUDP", "net.DialIP", "net.DialUnix", "net.Dialer",
			"tls.Dial", "tls.DialWithDialer", "tls.Dialer", "net.LookupHost", "net.LookupIP", "net.LookupAddr", "net.Resolver", "net.DefaultResolver"},
		but: []string{"cmd/footfall/control.go"},
		why: "the program opens no connection but to its own control socket",
	},
	{
		selectors: []string{"exec.Command", "exec.CommandContext", "os.StartProcess", "syscall.ForkExec", "syscall.Exec", "syscall.Connect"},
		but:       []string{"cmd/footfall/quickcheck.go", "collector/internal/country/generate/"},
		why:       "the program starts no other but itself, to look at a database that may be damaged",
	},
	{
		selectors: []string{"syscall.Sendto", "syscall.Socket"},
		but:       []string{"cmd/footfall/systemd.go"},
		why:       "a socket of its own making tells the service manager a state, and nobody else anything",
	},
	{
		selectors: []string{"template.HTML", "template.JS", "template.CSS", "template.URL", "template.HTMLAttr", "template.JSStr", "template.Srcset"},
		why:       "only html/template writes markup",
	},
	{
		selectors: []string{"http.ListenAndServe", "http.ListenAndServeTLS", "http.Serve", "http.DefaultServeMux", "http.Handle", "http.HandleFunc"},
		why:       "a server without timeouts serves strangers for ever",
	},
}

// TestSourcePolicy holds what imports cannot tell: who reads addresses and
// visitors' headers, and that nothing dials out.
func TestSourcePolicy(t *testing.T) {
	root := repository(t)
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		name, err := filepath.Rel(root, path)
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "static/browsertest/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, found := range named(filepath.ToSlash(name), file) {
			t.Error(found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("looked at %d files: the walk misses the repository", files)
	}
}

// named returns what a file names against the table.
func named(name string, file *ast.File) []string {
	var out []string
	for _, row := range mayName {
		if !strings.HasPrefix(name, row.under) || slices.ContainsFunc(row.but, func(b string) bool {
			return b == name || strings.HasSuffix(b, "/") && strings.HasPrefix(name, b)
		}) {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.SelectorExpr:
				what := n.Sel.Name // of a value: a field or a method
				if x, ok := n.X.(*ast.Ident); ok && importNames(file)[x.Name] {
					what = x.Name + "." + what
				}
				if slices.Contains(row.selectors, what) {
					out = append(out, name+" names "+what+", but: "+row.why)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && headerLike(text, row.texts) {
					out = append(out, name+" names "+strconv.Quote(text)+", but: "+row.why)
				}
			}
			return true
		})
	}
	return out
}

// importNames returns the names under which a file knows packages.
func importNames(file *ast.File) map[string]bool {
	out := make(map[string]bool)
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		switch {
		case i.Name != nil:
			out[i.Name.Name] = true
		case err == nil:
			out[path[strings.LastIndexByte(path, '/')+1:]] = true
		}
	}
	return out
}

// headerLike tells whether a string is, or begins, one of the names.
func headerLike(text string, names []string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(names, func(n string) bool {
		return text == n || strings.HasSuffix(n, "-") && strings.HasPrefix(text, n) || n == "x-forwarded" && strings.HasPrefix(text, n)
	})
}

// TestSourcePolicyBites plants each offence in a file of its own.
func TestSourcePolicyBites(t *testing.T) {
	tests := []struct{ name, source string }{
		{"dashboard/x.go", `package x; var _ = r.RemoteAddr`},
		{"dashboard/x.go", `package x; var _ = h.Get("X-Forwarded-For")`},
		{"collector/x.go", `package x; var _ = h.Get("User-Agent")`},
		{"collector/x.go", `package x; var _ = h["Sec-Gpc"]`},
		{"collector/x.go", `package x; var _, _ = r.Cookie(x)`},
		{"aggregate/x.go", `package x; import "net/http"; var _, _ = http.Get(x)`},
		{"cmd/footfall/x.go", `package x; import "net"; var _ net.Dialer`},
		{"dashboard/x.go", `package x; import "html/template"; var _ = template.HTML(x)`},
	}
	for _, tt := range tests {
		file, err := parser.ParseFile(token.NewFileSet(), tt.name, tt.source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(named(tt.name, file)) == 0 {
			t.Errorf("nothing found in %s: %s", tt.name, tt.source)
		}
	}
}
