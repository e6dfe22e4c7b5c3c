package collector

import "github.com/labstack/echo/v4"

// The public routes of the intake.
const (
	BeaconRoute = "/hit"
	PixelRoute  = "/hit.gif"
)

// Register adds the routes of the intake. Every method is answered here, so
// that no other route takes one and each answer has the same headers.
func (c *Collector) Register(e *echo.Echo) {
	beacon := func(ctx echo.Context) error {
		c.serveBeacon(ctx.Response(), ctx.Request())
		return nil
	}
	pixel := func(ctx echo.Context) error {
		c.servePixel(ctx.Response(), ctx.Request())
		return nil
	}
	e.Any(BeaconRoute, beacon)
	e.RouteNotFound(BeaconRoute, beacon) // methods that echo has no name for
	e.Any(PixelRoute, pixel)
	e.RouteNotFound(PixelRoute, pixel)
}
