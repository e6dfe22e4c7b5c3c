package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// The control socket is how a command reaches the process that owns the data
// directory. It speaks HTTP over DIR/control.sock, mode 0600:
//
//	POST /run  {"version": V, "command": "site list", "arguments": {...}}
//	200        {"stdout": "...", "stderr": "...", "code": 0, "file": "..."}
//
// The server runs the very function that the command runs on a data directory
// at rest, on its own open database, and returns what it printed. Files that
// change hands are named by their base name and lie in the data directory.

const (
	mostRequest = 1 << 20          // bytes of a command's arguments
	startWait   = 2 * time.Second  // how long a command waits for a server that holds the lock and does not listen yet
	controlWait = 10 * time.Second // for the head of a request
)

type controlRequest struct {
	Version   string          `json:"version"`
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments"`
}

// controlReply is what a command printed and how it ended.
type controlReply struct {
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
	Code   int    `json:"code"`
	File   string `json:"file,omitempty"`
}

// errNoServer means that nobody listens on the control socket.
var errNoServer = errors.New("no server answers")

// ask sends a command to the server of a data directory. It is errNoServer
// while nobody listens; after any other error nobody knows whether the
// command was carried out.
func ask(ctx context.Context, dir, command string, arguments any) (*controlReply, error) {
	args, err := json.Marshal(arguments)
	if err != nil {
		return nil, fmt.Errorf("encode the command: %w", err)
	}
	body, err := json.Marshal(&controlRequest{version(), command, args})
	if err != nil {
		return nil, fmt.Errorf("encode the command: %w", err)
	}
	conn, err := dialControl(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends the waiting below
	defer stop()

	request, err := http.NewRequest(http.MethodPost, "http://control/run", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if err := request.Write(conn); err != nil {
		return nil, fmt.Errorf("send the command to the server: %w", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return nil, fmt.Errorf("the server ended before it answered: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("the server ended before it answered: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server refused the command: %s", bytes.TrimSpace(text))
	}
	reply := new(controlReply)
	if err := json.Unmarshal(text, reply); err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	return reply, nil
}

func dialControl(ctx context.Context, dir string) (net.Conn, error) {
	path, release, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, errNoServer
	}
	return conn, nil
}

// listenControl opens the control socket. The lock is held, so a socket that
// is there was left by a process that is gone.
func listenControl(dir *dataDir) (net.Listener, error) {
	path, release, err := socketPath(dir.path)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the control socket of an earlier process: %w", err)
	}
	var l net.Listener
	if err := privately(func() (err error) { l, err = net.Listen("unix", path); return err }); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	// Whoever holds the lock next removes the file; by then the path that this
	// listener knows may lead elsewhere.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	return l, nil
}

// controlServer answers commands on one open data directory.
func controlServer(s *session) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", func(w http.ResponseWriter, r *http.Request) {
		reply, err := s.answer(r.Context(), http.MaxBytesReader(w, r.Body, mostRequest))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reply) // the client is gone; there is nobody to tell
	})
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: controlWait,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          silent(),
		// No other timeout: a compaction takes what it takes, and net/http ends
		// the context of a request when its ReadTimeout is over.
	}
}

// answer runs one command for a client.
func (s *session) answer(ctx context.Context, body io.Reader) (*controlReply, error) {
	var request controlRequest
	if err := json.NewDecoder(body).Decode(&request); err != nil {
		return nil, fmt.Errorf("read the command: %w", err)
	}
	blank, known := dataCommands[request.Command]
	if !known {
		return nil, fmt.Errorf("this server is version %s and has no command %q", version(), request.Command)
	}
	command := blank()
	if err := json.Unmarshal(request.Arguments, command); err != nil {
		return nil, fmt.Errorf("read the arguments of %q: %w", request.Command, err)
	}
	return s.perform(ctx, command), nil
}
