package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"footfall/aggregate"
	"footfall/dashboard/internal/accounts"
)

// A failure is an error with its public answer. The message is ours, in
// English, and holds nothing that the client sent.
type failure struct {
	status  int
	code    string
	message string        // for the API; "" takes the status's own
	wait    time.Duration // Retry-After
	cause   error         // for the operator
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.code + ": " + f.cause.Error()
	}
	return f.code
}

func (f *failure) Unwrap() error { return f.cause }

var (
	errLogIn        = &failure{status: http.StatusSeeOther, code: "log_in"}
	errUnauthorized = &failure{status: http.StatusUnauthorized, code: "unauthorized",
		message: "a token or a log-in session is needed: Authorization: Bearer fft_..."}
	errForbidden = &failure{status: http.StatusForbidden, code: "forbidden", message: "the caller may not do this"}
	errNoAccount = &failure{status: http.StatusForbidden, code: "no_account",
		message: "the proxy names a user who has no account here: footfall user add NAME --no-password"}
	errNotFound    = &failure{status: http.StatusNotFound, code: "not_found", message: "there is no such page"}
	errUnknownSite = &failure{status: http.StatusNotFound, code: "unknown_site",
		message: "the site is not counted here, or the caller may not read it"}
	errTooLarge = &failure{status: http.StatusRequestEntityTooLarge, code: "too_large", message: "the form is too large"}
)

func badRequest(code, message string) error {
	return &failure{status: http.StatusBadRequest, code: code, message: message}
}

// answer finds the public answer to an error.
func answer(err error) *failure {
	var f *failure
	var he *echo.HTTPError
	var late *accounts.ThrottledError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &he):
		return ofStatus(he.Code)
	case errors.As(err, &late):
		return &failure{status: http.StatusTooManyRequests, code: "too_many_requests", wait: late.Wait}
	case errors.Is(err, aggregate.ErrUnknownSite):
		return errUnknownSite
	case errors.Is(err, aggregate.ErrBadQuery):
		return &failure{status: http.StatusBadRequest, code: "bad_query",
			message: strings.TrimPrefix(err.Error(), aggregate.ErrBadQuery.Error()+": ")}
	case errors.Is(err, accounts.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return &failure{status: http.StatusServiceUnavailable, code: "busy", wait: time.Second, cause: err}
	}
	return &failure{status: http.StatusServiceUnavailable, code: "unavailable", wait: 5 * time.Second, cause: err}
}

func ofStatus(status int) *failure {
	code := map[int]string{
		http.StatusNotFound: "not_found", http.StatusMethodNotAllowed: "method_not_allowed",
		http.StatusRequestEntityTooLarge: "too_large", http.StatusTooManyRequests: "too_many_requests",
		http.StatusServiceUnavailable: "unavailable", http.StatusForbidden: "forbidden",
		http.StatusUnauthorized: "unauthorized", http.StatusBadRequest: "bad_request",
	}[status]
	if code == "" {
		return &failure{status: http.StatusInternalServerError, code: "internal"}
	}
	return &failure{status: status, code: code}
}

// HandleError writes any error as the dashboard does, with its headers. It
// fits echo.Echo's HTTPErrorHandler.
func (d *Dashboard) HandleError(err error, ec echo.Context) {
	if ec.Response().Committed {
		return
	}
	c := d.newCall(ec)
	if d.identify(c, anybody) != nil {
		c.user = nil // the page of an error is for anybody
	}
	d.writeError(c, "", err)
}

// writeError is where every error becomes a response.
func (d *Dashboard) writeError(c *call, route string, err error) {
	f := answer(err)
	if f.cause != nil && !errors.Is(f.cause, context.Canceled) {
		d.failed(route, f.cause)
	}
	if f == errLogIn {
		c.redirect("login")
		return
	}
	if f.wait > 0 {
		c.w.Header().Set("Retry-After", seconds(f.wait))
	}
	if strings.HasPrefix(c.r.URL.Path, "/api/") {
		c.writeJSONError(f)
		return
	}
	words, ok := c.l.Errors[f.status]
	if !ok {
		words = c.l.Errors[http.StatusInternalServerError]
	}
	if err := d.render(c, f.status, "error", words.Title, words); err != nil {
		d.failed(route, fmt.Errorf("render the page of an error: %w", err))
		c.reply(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("internal error\n"))
	}
}

func (c *call) writeJSONError(f *failure) {
	if f.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="footfall"`)
	}
	message := f.message
	if message == "" {
		message = strings.ToLower(http.StatusText(f.status))
	}
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = f.code, message
	b, err := json.Marshal(body)
	if err != nil {
		b = []byte(`{"error":{"code":"internal","message":"internal error"}}`) // two strings cannot fail
	}
	c.reply(f.status, "application/json; charset=utf-8", append(b, '\n'))
}

// seconds writes a wait as whole seconds, rounded up.
func seconds(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
