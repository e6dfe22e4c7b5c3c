package collector

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// The public routes of the intake.
const (
	BeaconRoute = "/hit"
	PixelRoute  = "/hit.gif"
	// OptOutRoute is where visitors object, with ?team=1 the publisher's own
	// staff. A proxy in front must leave it its Host.
	OptOutRoute = "/optout"
	// OptOutStyleRoute is the style sheet of that page, which works without it.
	OptOutStyleRoute = "/optout.css"
)

// Register adds the routes of the intake. Every method is answered here, so
// that no other route takes one and each answer has the same headers.
func (c *Collector) Register(e *echo.Echo) {
	for route, serve := range map[string]http.HandlerFunc{
		BeaconRoute: c.serveBeacon, PixelRoute: c.servePixel,
		OptOutRoute: c.serveChoice, OptOutStyleRoute: c.serveChoiceStyle, TestRoute: c.serveTest,
	} {
		handler := func(ctx echo.Context) error {
			serve(ctx.Response(), ctx.Request())
			return nil
		}
		e.Any(route, handler)
		e.RouteNotFound(route, handler) // methods that echo has no name for
	}
}
