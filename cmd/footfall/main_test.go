package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", raceExit); err != nil {
		panic(err)
	}
	testscript.Main(leakFree{m}, map[string]func(){"footfall": main, "footfall-early": serveEarly})
}

// leakFree runs the tests and fails when a goroutine outlives them.
type leakFree struct{ tests *testing.M }

func (l leakFree) Run() int {
	code := l.tests.Run()
	if code != 0 {
		return code
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // the tests' own
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// raceExit spares every program that a test starts the second which the race
// detector waits at the end of each.
const raceExit = "atexit_sleep_ms=0"

// TestScripts tells the command line in plain text. Their own commands:
//
//	ports NAME...               free ports of the loopback, as variables
//	ready DIR                   waits until the server of a data directory answers
//	days NAME N                 the day N days ago in Europe/Paris, as a variable
//	access-log FILE N [ff1]     a combined log of the N last days that are over, 24 views each
//	both ARGS...                runs footfall ARGS on $UP, which a server holds, and on $REST, which
//	                            none does, and fails unless output and exit code agree; leaves them
//	                            as stdout and stderr do, for the checks that follow
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "FOOTFALL_") {
					env.Setenv(name, "")
				}
			}
			env.Setenv("GORACE", raceExit)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"ports": scriptPorts, "ready": scriptReady, "days": scriptDays, "access-log": scriptAccessLog, "both": scriptBoth,
		},
	})
}

func scriptPorts(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
	}
}

func scriptReady(ts *testscript.TestScript, _ bool, args []string) {
	for range 200 {
		if ts.Exec("footfall", "health", "--data", args[0]) == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("the server of %s does not answer", args[0])
}

var paris = func() *time.Location {
	zone, err := time.LoadLocation(defaultZone)
	if err != nil {
		panic(err) // the zones are in the binary
	}
	return zone
}()

func scriptDays(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Setenv(args[0], time.Now().In(paris).AddDate(0, 0, -n).Format(time.DateOnly))
}

func scriptAccessLog(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	marker := ""
	if len(args) > 2 {
		marker = " " + args[2]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), accessLog(time.Now(), days, marker), 0o600))
}

// accessLog writes a combined log: on each of the days before now twenty-four
// visitors, of whom each sees one of two pages.
func accessLog(now time.Time, days int, marker string) []byte {
	var b bytes.Buffer
	for day := days; day >= 1; day-- {
		y, m, d := now.In(paris).AddDate(0, 0, -day).Date()
		for i := range 24 {
			t := time.Date(y, m, d, 9, i, 0, 0, paris)
			fmt.Fprintf(&b, "192.0.%d.0 - - [%s] \"GET /page/%d HTTP/1.1\" 200 512 \"https://search.example/\" \"%s\"%s\n",
				i, t.Format("02/Jan/2006:15:04:05 -0700"), i%2, firefox, marker)
		}
	}
	return b.Bytes()
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"

// passing is what may differ between two runs of a command: moments, random
// names and secrets.
var passing = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d|fft_[\w-]{43}|\b[0-9a-f]{8}\b`)

func scriptBoth(ts *testscript.TestScript, neg bool, args []string) {
	run := func(variable string) (text string, failed bool) {
		dir := ts.Getenv(variable)
		command := exec.Command("footfall")
		for _, a := range args {
			command.Args = append(command.Args, strings.ReplaceAll(a, "DIR", dir))
		}
		command.Args = append(command.Args, "--data", dir)
		command.Dir = ts.MkAbs(".")
		if in, err := os.ReadFile(filepath.Join(command.Dir, "stdin.txt")); err == nil {
			command.Stdin = bytes.NewReader(in)
		}
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		err := command.Run()
		code := command.ProcessState.ExitCode()
		text = fmt.Sprintf("exit %d\n-- stdout --\n%s-- stderr --\n%s", code, stdout.String(), stderr.String())
		return passing.ReplaceAllString(strings.ReplaceAll(text, dir, "DIR"), "*"), err != nil
	}
	up, failed := run("UP")
	rest, _ := run("REST")
	ts.Logf("footfall %s\n%s", strings.Join(args, " "), up)
	if up != rest {
		ts.Fatalf("with a server and without one the command differs; without:\n%s", rest)
	}
	if failed != neg {
		ts.Fatalf("failed: %v", failed)
	}
	ts.Check(os.WriteFile(ts.MkAbs("both.txt"), []byte(up), 0o600))
}
