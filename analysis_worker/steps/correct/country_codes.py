"""ISO 3166-1 codes as data, with the everyday names that no locale table has."""

_PAIRS = """
AFG:AF ALA:AX ALB:AL DZA:DZ ASM:AS AND:AD AGO:AO AIA:AI ATA:AQ ATG:AG ARG:AR ARM:AM ABW:AW AUS:AU AUT:AT AZE:AZ BHS:BS BHR:BH
BGD:BD BRB:BB BLR:BY BEL:BE BLZ:BZ BEN:BJ BMU:BM BTN:BT BOL:BO BES:BQ BIH:BA BWA:BW BVT:BV BRA:BR IOT:IO BRN:BN BGR:BG BFA:BF
BDI:BI CPV:CV KHM:KH CMR:CM CAN:CA CYM:KY CAF:CF TCD:TD CHL:CL CHN:CN CXR:CX CCK:CC COL:CO COM:KM COG:CG COD:CD COK:CK CRI:CR
CIV:CI HRV:HR CUB:CU CUW:CW CYP:CY CZE:CZ DNK:DK DJI:DJ DMA:DM DOM:DO ECU:EC EGY:EG SLV:SV GNQ:GQ ERI:ER EST:EE SWZ:SZ ETH:ET
FLK:FK FRO:FO FJI:FJ FIN:FI FRA:FR GUF:GF PYF:PF ATF:TF GAB:GA GMB:GM GEO:GE DEU:DE GHA:GH GIB:GI GRC:GR GRL:GL GRD:GD GLP:GP
GUM:GU GTM:GT GGY:GG GIN:GN GNB:GW GUY:GY HTI:HT HMD:HM VAT:VA HND:HN HKG:HK HUN:HU ISL:IS IND:IN IDN:ID IRN:IR IRQ:IQ IRL:IE
IMN:IM ISR:IL ITA:IT JAM:JM JPN:JP JEY:JE JOR:JO KAZ:KZ KEN:KE KIR:KI PRK:KP KOR:KR KWT:KW KGZ:KG LAO:LA LVA:LV LBN:LB LSO:LS
LBR:LR LBY:LY LIE:LI LTU:LT LUX:LU MAC:MO MDG:MG MWI:MW MYS:MY MDV:MV MLI:ML MLT:MT MHL:MH MTQ:MQ MRT:MR MUS:MU MYT:YT MEX:MX
FSM:FM MDA:MD MCO:MC MNG:MN MNE:ME MSR:MS MAR:MA MOZ:MZ MMR:MM NAM:NA NRU:NR NPL:NP NLD:NL NCL:NC NZL:NZ NIC:NI NER:NE NGA:NG
NIU:NU NFK:NF MKD:MK MNP:MP NOR:NO OMN:OM PAK:PK PLW:PW PSE:PS PAN:PA PNG:PG PRY:PY PER:PE PHL:PH PCN:PN POL:PL PRT:PT PRI:PR
QAT:QA REU:RE ROU:RO RUS:RU RWA:RW BLM:BL SHN:SH KNA:KN LCA:LC MAF:MF SPM:PM VCT:VC WSM:WS SMR:SM STP:ST SAU:SA SEN:SN SRB:RS
SYC:SC SLE:SL SGP:SG SXM:SX SVK:SK SVN:SI SLB:SB SOM:SO ZAF:ZA SGS:GS SSD:SS ESP:ES LKA:LK SDN:SD SUR:SR SJM:SJ SWE:SE CHE:CH
SYR:SY TWN:TW TJK:TJ TZA:TZ THA:TH TLS:TL TGO:TG TKL:TK TON:TO TTO:TT TUN:TN TUR:TR TKM:TM TCA:TC TUV:TV UGA:UG UKR:UA ARE:AE
GBR:GB USA:US UMI:UM URY:UY UZB:UZ VUT:VU VEN:VE VNM:VN VGB:VG VIR:VI WLF:WF ESH:EH YEM:YE ZMB:ZM ZWE:ZW
"""
ALPHA_3 = dict(pair.split(":") for pair in _PAIRS.split())

ALIASES = {
    "UK": "GB",
    "Great Britain": "GB", "Britain": "GB", "U K": "GB", "United Kingdom of Great Britain and Northern Ireland": "GB",
    "USA": "US", "US of A": "US", "United States": "US", "United States of America": "US", "U S A": "US",
    "Vereinigte Staaten": "US", "Vereinigte Staaten von Amerika": "US", "Etats-Unis d'Amérique": "US",
    "Verenigde Staten": "US",
    "Estados Unidos": "US", "Estados Unidos de América": "US", "Stati Uniti": "US", "Stany Zjednoczone": "US", "EEUU": "US",
    "Vereinigtes Königreich": "GB", "Verenigd Koninkrijk": "GB",
    "Reino Unido": "GB", "Regno Unito": "GB", "Wielka Brytania": "GB",
    "Grossbritannien": "GB", "Großbritannien": "GB",
    "Holland": "NL", "Netherlands": "NL", "The Netherlands": "NL", "Nederland": "NL", "Pays-Bas": "NL", "Niederlande": "NL",
    "Deutschland": "DE", "Germany": "DE", "Federal Republic of Germany": "DE", "BRD": "DE", "Ger": "DE",
    "Schweiz": "CH", "Suisse": "CH", "Svizzera": "CH", "Switzerland": "CH", "Österreich": "AT", "Oesterreich": "AT",
    "Espana": "ES", "Eire": "IE", "Republic of Ireland": "IE", "Ireland": "IE", "Belgique": "BE",
    "België": "BE", "Belgien": "BE",
    "Danmark": "DK", "Sverige": "SE", "Norge": "NO", "Suomi": "FI", "Polska": "PL", "Czechia": "CZ", "Czech Republic": "CZ",
    "Cesko": "CZ", "Ceska republika": "CZ", "Slovensko": "SK", "Magyarorszag": "HU", "Hellas": "GR", "Ellada": "GR",
    "Turkey": "TR", "Türkiye": "TR", "Russia": "RU", "Russian Federation": "RU", "South Korea": "KR", "Republic of Korea": "KR",
    "Korea Republic of": "KR",
    "North Korea": "KP", "Viet Nam": "VN", "Vietnam": "VN", "Ivory Coast": "CI", "Cote d'Ivoire": "CI",
    "UAE": "AE", "United Arab Emirates": "AE", "Brasil": "BR", "Mexico": "MX", "PRC": "CN", "China": "CN", "Nippon": "JP",
    "People's Republic of China": "CN", "Hong Kong": "HK", "Taiwan": "TW", "Macedonia": "MK", "North Macedonia": "MK",
    "Burma": "MM", "Swaziland": "SZ", "Cape Verde": "CV", "East Timor": "TL", "Moldova": "MD", "Bosnia": "BA", "Aus": "AU",
    "Aotearoa": "NZ", "Iran": "IR", "Syria": "SY", "Laos": "LA", "Tanzania": "TZ", "Bolivia": "BO", "Venezuela": "VE",
    "Democratic Republic of the Congo": "CD", "DR Congo": "CD", "DRC": "CD", "Republic of the Congo": "CG", "Vatican": "VA",
    "Commonwealth of Australia": "AU", "Bundesrepublik Deutschland": "DE", "République française": "FR", "Brunei": "BN",
}  # fmt: skip

# Parts, continents and vehicle plates that people write where a country is asked for; a little less certain than a name.
PARTS = {
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "cymru": "GB",
    "america": "US",
    "d": "DE",
    "f": "FR",
}

# Each is a country and something else just as likely, or two countries.
AMBIGUOUS = frozenset({"georgia", "congo", "korea", "guinea", "micronesia"})
