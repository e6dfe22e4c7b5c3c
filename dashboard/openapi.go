package dashboard

import (
	_ "embed"
	"net/http"
)

// openAPI describes the API. A test holds it to the routes, to the parameters
// that they take and to what they answer.
//
//go:embed openapi.json
var openAPI []byte

// getOpenAPI answers GET /api/v1/openapi.json. It tells nothing of any site.
func getOpenAPI(c *call) error {
	c.reply(http.StatusOK, "application/json; charset=utf-8", openAPI)
	return nil
}
