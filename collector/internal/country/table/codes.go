package table

import (
	"sort"

	"footfall/aggregate/hit"
)

// codes is the closed list of what counts as a country: the codes that
// ISO 3166-1 assigns, and XK, which it leaves to its users and everybody uses
// for Kosovo. Sorted, two letters each.
const codes = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCD" +
	"CFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGF" +
	"GGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKN" +
	"KPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNA" +
	"NCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI" +
	"SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI" +
	"VNVUWFWSXKYEYTZAZMZW"

// ParseCountry returns the country that a database means by a code, and the
// zero Country for whatever is no country: a region (EU, AP), a kind of network
// (A1, T1), a code that was withdrawn (AN, CS, SU) or never was (ZZ, ??). UK,
// which ISO 3166 holds back for the United Kingdom, is GB.
func ParseCountry(code string) hit.Country {
	if code == "UK" {
		code = "GB"
	}
	i := 2 * sort.Search(len(codes)/2, func(i int) bool { return codes[2*i:2*i+2] >= code })
	if i == len(codes) || codes[i:i+2] != code {
		return hit.Country{}
	}
	c, _ := hit.ParseCountry(code) // two capitals, as all of the list
	return c
}
