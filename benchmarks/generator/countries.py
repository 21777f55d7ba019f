"""How each country writes an address, a telephone number, a postcode, a date, and its own name.

A place is consistent: city, region, postcode and area code belong together, as an address check would expect. Postcodes follow
the national shape; telephone numbers follow the national numbering plan closely enough to count as possible numbers.
In a postcode or number pattern `#` is a digit, `%` a digit from 2 to 9, `@` a letter.
"""

from dataclasses import dataclass

from benchmarks.generator.words import NAMES, NameWords


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    name: str
    region: str
    postcode: str
    area_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One country's conventions; `share` is its weight among the tenant's customers."""

    code: str
    share: float
    names: NameWords
    language: str
    currency: str
    income: int
    dialling: str
    trunk: str
    mobile: tuple[str, ...]
    cities: tuple[City, ...]
    town_stems: tuple[str, ...]
    town_endings: tuple[str, ...]
    street_stems: tuple[str, ...]
    street_kinds: tuple[str, ...]
    number_first: bool
    forms: tuple[str, ...]
    date_forms: tuple[str, ...]
    email_domains: tuple[str, ...]
    company_forms: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def _cities(text: str) -> tuple[City, ...]:
    """Parse `name|region|postcode pattern|area-code pattern` entries parted by semicolons."""
    rows = (entry.strip().split("|") for entry in text.split(";"))
    return tuple(City(name=name, region=region, postcode=postcode, area_code=area) for name, region, postcode, area in rows)


_ENGLISH_STREETS = _words(
    "High Station Church Victoria Park Mill Manor Kings Queens Albert Chapel Green London School Springfield George Windsor "
    "Grange Orchard Willow Cedar Elm Maple Beech Birch Poplar Chestnut Hawthorn Meadow Field River Lake Bridge Castle Abbey "
    "Priory Market Canal Harbour Hill Valley Forest Wood Garden Rose Primrose Foxglove Heather Kestrel Heron Swan Falcon "
    "Nelson Wellington Trafalgar Cromwell Stanley Clarence Alma Sycamore Larch Juniper",
)
_DE_STREETS = _words(
    "Haupt Schul Garten Bahnhof Dorf Berg Birken Linden Kirch Wald Ring Wiesen Rosen Tannen Amsel Buchen Eichen Mühlen Feld "
    "Blumen Schiller Goethe Mozart Beethoven Bach Friedrich Wilhelm Luther Burg Hafen Markt Neue Alte Kastanien Ahorn Erlen "
    "Weiden Brunnen Sonnen Nord Süd Ost West Post Jahn Uhland Lessing Kant Hegel Dürer",
)
_FR_STREETS = _words(
    "de_l'Église du_Moulin de_la_République Victor_Hugo des_Écoles de_la_Gare du_Général_Leclerc Pasteur Jean_Jaurès "
    "de_la_Mairie du_Stade des_Jardins de_la_Fontaine du_Château des_Lilas des_Rosiers de_la_Liberté de_la_Paix du_Marché "
    "des_Tilleuls des_Acacias Émile_Zola Voltaire Molière Gambetta Carnot Jules_Ferry de_Verdun du_Port de_la_Plage "
    "des_Peupliers du_Lavoir des_Vignes de_Bellevue du_Bois de_la_Poste Saint-Martin Saint-Michel Notre-Dame des_Cerisiers",
)
_NL_STREETS = _words(
    "Kerk School Molen Dorps Nieuw Hoofd Stations Juliana Wilhelmina Beatrix Emma Prins_Hendrik Oranje Eiken Beuken Linden "
    "Berken Kastanje Wilgen Rozen Tulpen Meidoorn Vijver Sloot Haven Markt Brug Singel Noorder Zuider Ooster Wester Rembrandt "
    "Vondel Erasmus Spinoza Parallel Industrie Veld Bos Duin Zee Weide Akker",
)
_PL_STREETS = _words(
    "Polna Leśna Słoneczna Krótka Szkolna Ogrodowa Lipowa Brzozowa Łąkowa Kwiatowa Kościelna Sosnowa Zielona Parkowa Akacjowa "
    "Kolejowa Mickiewicza Sienkiewicza Kościuszki Słowackiego Żeromskiego Reymonta Kopernika Piłsudskiego Wiejska Dębowa "
    "Klonowa Topolowa Wiśniowa Jasna Długa Nowa Rynek Warszawska Krakowska Gdańska Poznańska Wrocławska Sportowa Różana",
)
_ES_STREETS = _words(
    "Mayor Real Nueva Iglesia Sol Constitución España Andalucía San_José San_Juan Santa_María del_Carmen de_la_Fuente "
    "Cervantes "
    "Goya Velázquez Colón Miguel_Hernández García_Lorca Ramón_y_Cajal de_la_Paz del_Pilar Alta Baja Ancha del_Río de_la_Plaza "
    "de_las_Flores Castilla Valencia Murillo Picasso Lope_de_Vega de_la_Rosa del_Prado Olivo Almendro Naranjo",
)
_EN_TOWNS = _words(
    "Ash Bur Chester Dun East Fern Glen Hart Kirk Lang Mel North Oak Pen Rother Stan Thorn Up West Wyn Brom Cam Dor El Farn "
    "Hun",
)
_EN_TOWN_ENDINGS = _words("ford ton bury ham leigh mouth field wick stead bridge")

COUNTRIES: tuple[Country, ...] = (
    Country(
        code="GB",
        share=0.28,
        names=NAMES["en"],
        language="en",
        currency="GBP",
        income=33_000,
        dialling="44",
        trunk="0",
        mobile=("74%#######", "75%#######", "77%#######", "78%#######", "79%#######"),
        cities=_cities(
            "London|Greater London|SW%# %@@|207######%;Birmingham|West Midlands|B%# %@@|1216######;"
            "Manchester|Greater Manchester|M%# %@@|1612######;Leeds|West Yorkshire|LS%# %@@|1132######;"
            "Glasgow|Glasgow City|G%# %@@|1413######;Sheffield|South Yorkshire|S%# %@@|1142######;"
            "Bristol|Bristol|BS%# %@@|1179######;Edinburgh|City of Edinburgh|EH%# %@@|1316######;"
            "Liverpool|Merseyside|L%# %@@|1512######;Cardiff|South Glamorgan|CF%# %@@|2920######;"
            "Leicester|Leicestershire|LE% %@@|1162######;Nottingham|Nottinghamshire|NG% %@@|1159######;"
            "Newcastle upon Tyne|Tyne and Wear|NE% %@@|1912######;Brighton|East Sussex|BN% %@@|12736#####;"
            "Norwich|Norfolk|NR% %@@|16036#####;Exeter|Devon|EX% %@@|13924#####;York|North Yorkshire|YO%# %@@|19046#####;"
            "Oxford|Oxfordshire|OX% %@@|18657#####;Cambridge|Cambridgeshire|CB% %@@|12233#####;Bath|Somerset|BA% "
            "%@@|12254#####",
        ),
        town_stems=_EN_TOWNS,
        town_endings=_EN_TOWN_ENDINGS,
        street_stems=_ENGLISH_STREETS,
        street_kinds=_words("Road Street Lane Avenue Close Drive Way Gardens"),
        number_first=True,
        forms=_words("UK United_Kingdom Great_Britain England U.K. uk GBR Vereinigtes_Königreich Royaume-Uni gb"),
        date_forms=("%d/%m/%Y", "%d-%m-%Y", "%d %b %Y", "%d/%m/%y"),
        email_domains=_words("gmail.com hotmail.co.uk outlook.com yahoo.co.uk btinternet.com icloud.com sky.com live.co.uk"),
        company_forms=("Ltd", "PLC", "& Sons", "Group"),
    ),
    Country(
        code="US",
        share=0.20,
        names=NAMES["us"],
        language="en",
        currency="USD",
        income=52_000,
        dialling="1",
        trunk="1",
        mobile=("917%######", "646%######", "323%######", "773%######", "512%######"),
        cities=_cities(
            "New York|NY|100##|212%######;Los Angeles|CA|900##|213%######;Chicago|IL|606##|312%######;"
            "Houston|TX|770##|713%######;Phoenix|AZ|850##|602%######;Philadelphia|PA|191##|215%######;"
            "San Antonio|TX|782##|210%######;San Diego|CA|921##|619%######;Dallas|TX|752##|214%######;"
            "Austin|TX|787##|512%######;Columbus|OH|432##|614%######;Charlotte|NC|282##|704%######;"
            "Seattle|WA|981##|206%######;Denver|CO|802##|303%######;Boston|MA|021##|617%######;"
            "Nashville|TN|372##|615%######;Portland|OR|972##|503%######;Atlanta|GA|303##|404%######;"
            "Minneapolis|MN|554##|612%######;Newark|NJ|071##|973%######",
        ),
        town_stems=(*_EN_TOWNS, *_words("Spring Green Fair Clear River Cedar")),
        town_endings=_words("ville field ton burg wood port dale_City ford"),
        street_stems=_ENGLISH_STREETS,
        street_kinds=_words("Street Avenue Road Drive Boulevard Lane Court Parkway"),
        number_first=True,
        forms=_words("USA United_States U.S.A. United_States_of_America us Vereinigte_Staaten États-Unis America"),
        date_forms=("%m/%d/%Y", "%m-%d-%Y", "%b %d, %Y", "%m/%d/%y"),
        email_domains=_words("gmail.com yahoo.com hotmail.com outlook.com aol.com icloud.com comcast.net verizon.net"),
        company_forms=("Inc.", "LLC", "Corp.", "Partners"),
    ),
    Country(
        code="DE",
        share=0.16,
        names=NAMES["de"],
        language="de",
        currency="EUR",
        income=44_000,
        dialling="49",
        trunk="0",
        mobile=("151%#######", "160%######", "170%######", "176%#######", "172%######"),
        cities=_cities(
            "Berlin|Berlin|10###|30%#######;Hamburg|Hamburg|20###|40%#######;München|Bayern|80###|89%#######;"
            "Köln|Nordrhein-Westfalen|50###|221%######;Frankfurt am Main|Hessen|60###|69%#######;"
            "Stuttgart|Baden-Württemberg|70###|711%######;Düsseldorf|Nordrhein-Westfalen|40###|211%######;"
            "Leipzig|Sachsen|04###|341%######;Dortmund|Nordrhein-Westfalen|44###|231%######;Bremen|Bremen|28###|421%######;"
            "Dresden|Sachsen|01###|351%######;Hannover|Niedersachsen|30###|511%######;Nürnberg|Bayern|90###|911%######;"
            "Münster|Nordrhein-Westfalen|48###|251%######;Kiel|Schleswig-Holstein|24###|431%######;"
            "Erfurt|Thüringen|99###|361%######;Mainz|Rheinland-Pfalz|55###|6131%#####;"
            "Rostock|Mecklenburg-Vorpommern|18###|381%######",
        ),
        town_stems=_words("Neu Alt Ober Unter Burg Kirch Eschen Linden Rosen Stein Wald Hohen Nieder Grün König Mühl Salz"),
        town_endings=_words("hausen dorf stadt bach berg feld heim kirchen furt au ingen"),
        street_stems=_DE_STREETS,
        street_kinds=_words("straße weg allee platz gasse"),
        number_first=False,
        forms=_words("Deutschland Germany BRD D Allemagne GER de Duitsland DEU"),
        date_forms=("%d.%m.%Y", "%d.%m.%y", "%d. %m. %Y"),
        email_domains=_words("gmx.de web.de gmail.com t-online.de freenet.de outlook.de yahoo.de arcor.de"),
        company_forms=("GmbH", "AG", "KG", "& Söhne"),
    ),
    Country(
        code="NL",
        share=0.09,
        names=NAMES["nl"],
        language="nl",
        currency="EUR",
        income=41_000,
        dialling="31",
        trunk="0",
        mobile=("61%######", "62%######", "64%######", "65%######"),
        cities=_cities(
            "Amsterdam|Noord-Holland|10%# @@|20%######;Rotterdam|Zuid-Holland|30%# @@|10%######;"
            "Den Haag|Zuid-Holland|25%# @@|70%######;Utrecht|Utrecht|35%# @@|30%######;"
            "Eindhoven|Noord-Brabant|56%# @@|40%######;Groningen|Groningen|97%# @@|50%######;"
            "Tilburg|Noord-Brabant|50%# @@|13%######;Almere|Flevoland|13%# @@|36%######;Breda|Noord-Brabant|48%# @@|76%######;"
            "Nijmegen|Gelderland|65%# @@|24%######;Arnhem|Gelderland|68%# @@|26%######;Haarlem|Noord-Holland|20%# @@|23%######;"
            "Enschede|Overijssel|75%# @@|53%######;Maastricht|Limburg|62%# @@|43%######;Leiden|Zuid-Holland|23%# @@|71%######;"
            "Zwolle|Overijssel|80%# @@|38%######;Middelburg|Zeeland|43%# @@|118%#####;Assen|Drenthe|94%# @@|592%#####",
        ),
        town_stems=_words("Noord Zuid Ooster Wester Nieuw Oud Hoog Laag Berg Bos Heere Zand Water Meer Kerk"),
        town_endings=_words("dam veen wijk dijk huizen horst loo kerk beek"),
        street_stems=_NL_STREETS,
        street_kinds=_words("straat laan weg plein hof kade"),
        number_first=False,
        forms=_words("Nederland Netherlands The_Netherlands Holland nl Niederlande Pays-Bas NLD"),
        date_forms=("%d-%m-%Y", "%d/%m/%Y", "%d-%m-%y"),
        email_domains=_words("gmail.com hotmail.com ziggo.nl kpnmail.nl outlook.com live.nl planet.nl xs4all.nl"),
        company_forms=("B.V.", "N.V.", "& Zonen", "Groep"),
    ),
    Country(
        code="FR",
        share=0.11,
        names=NAMES["fr"],
        language="fr",
        currency="EUR",
        income=36_000,
        dialling="33",
        trunk="0",
        mobile=("61#######", "62#######", "66#######", "68#######", "78#######"),
        cities=_cities(
            "Paris|Île-de-France|750##|14%######;Marseille|Provence-Alpes-Côte d'Azur|130##|49%######;"
            "Lyon|Auvergne-Rhône-Alpes|690##|47%######;Toulouse|Occitanie|310##|56%######;"
            "Nice|Provence-Alpes-Côte d'Azur|060##|49%######;Nantes|Pays de la Loire|440##|24%######;"
            "Strasbourg|Grand Est|670##|38%######;Montpellier|Occitanie|340##|46%######;"
            "Bordeaux|Nouvelle-Aquitaine|330##|55%######;Lille|Hauts-de-France|590##|32%######;Rennes|Bretagne|350##|29%######;"
            "Reims|Grand Est|511##|32%######;Grenoble|Auvergne-Rhône-Alpes|380##|47%######;"
            "Dijon|Bourgogne-Franche-Comté|210##|38%######;Angers|Pays de la Loire|490##|24%######;"
            "Brest|Bretagne|292##|29%######;"
            "Tours|Centre-Val de Loire|370##|24%######;Rouen|Normandie|760##|23%######",
        ),
        town_stems=_words("Beau Mont Ville Clair Fleur Font Champ Roche Château Val Bourg Neuv"),
        town_endings=_words("sart mont ville court y ac ières bourg neuve fort"),
        street_stems=_FR_STREETS,
        street_kinds=_words("rue avenue boulevard place chemin impasse"),
        number_first=True,
        forms=_words("France FRANCE fr Frankreich FRA République_française Frankrijk Francia"),
        date_forms=("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"),
        email_domains=_words("gmail.com orange.fr free.fr hotmail.fr wanadoo.fr laposte.net sfr.fr yahoo.fr"),
        company_forms=("SARL", "SA", "SAS", "et Fils"),
    ),
    Country(
        code="AU",
        share=0.07,
        names=NAMES["en"],
        language="en",
        currency="AUD",
        income=65_000,
        dialling="61",
        trunk="0",
        mobile=("40%######", "41%######", "42%######", "43%######"),
        cities=_cities(
            "Sydney|NSW|20##|2%#######;Melbourne|VIC|30##|39######%;Brisbane|QLD|40##|73######%;Perth|WA|60##|86######%;"
            "Adelaide|SA|50##|888#####%;Gold Coast|QLD|42##|755#####%;Newcastle|NSW|23##|249#####%;Canberra|ACT|26##|262#####%;"
            "Hobart|TAS|70##|362#####%;Geelong|VIC|32##|352#####%;Townsville|QLD|48##|740#####%;Cairns|QLD|487#|740#####%;"
            "Darwin|NT|08##|888#####%;Ballarat|VIC|335#|352#####%",
        ),
        town_stems=(*_EN_TOWNS, *_words("Wagga Koo Murrum Bena Para Tul")),
        town_endings=_words("wood dale vale gong ford bury Creek_Flat ville"),
        street_stems=_ENGLISH_STREETS,
        street_kinds=_words("Street Road Avenue Crescent Parade Place Drive Court"),
        number_first=True,
        forms=_words("Australia AUS australia Aust. Australien Australie au"),
        date_forms=("%d/%m/%Y", "%d/%m/%y", "%d %b %Y"),
        email_domains=_words("gmail.com bigpond.com hotmail.com outlook.com optusnet.com.au yahoo.com.au icloud.com"),
        company_forms=("Pty Ltd", "Ltd", "Group", "& Co"),
    ),
    Country(
        code="PL",
        share=0.05,
        names=NAMES["pl"],
        language="pl",
        currency="PLN",
        income=78_000,
        dialling="48",
        trunk="",
        mobile=("50#######", "60#######", "66#######", "79#######", "88#######"),
        cities=_cities(
            "Warszawa|Mazowieckie|00-###|22%######;Kraków|Małopolskie|30-###|12%######;Łódź|Łódzkie|90-###|42%######;"
            "Wrocław|Dolnośląskie|50-###|71%######;Poznań|Wielkopolskie|60-###|61%######;Gdańsk|Pomorskie|80-###|58%######;"
            "Szczecin|Zachodniopomorskie|70-###|91%######;Lublin|Lubelskie|20-###|81%######;Katowice|Śląskie|40-###|32%######;"
            "Białystok|Podlaskie|15-###|85%######;Rzeszów|Podkarpackie|35-###|17%######;Kielce|Świętokrzyskie|25-###|41%######;"
            "Olsztyn|Warmińsko-Mazurskie|10-###|89%######;Opole|Opolskie|45-###|77%######",
        ),
        town_stems=_words("Nowa_ Stara_ Wielka_ Mała_ Górna_ Dolna_"),
        town_endings=_words("Wola Dąbrowa Ruda Wieś Huta Góra Łąka Sól Brzezina"),
        street_stems=_PL_STREETS,
        street_kinds=("ul.", "al.", "os."),
        number_first=False,
        forms=_words("Polska Poland pl POL Polen Pologne RP"),
        date_forms=("%d.%m.%Y", "%d-%m-%Y", "%Y.%m.%d"),
        email_domains=_words("wp.pl gmail.com onet.pl o2.pl interia.pl op.pl poczta.onet.pl"),
        company_forms=("sp. z o.o.", "S.A.", "sp.j.", "i Synowie"),
    ),
    Country(
        code="ES",
        share=0.04,
        names=NAMES["es"],
        language="es",
        currency="EUR",
        income=29_000,
        dialling="34",
        trunk="",
        mobile=("60#######", "61#######", "62#######", "65#######", "67#######"),
        cities=_cities(
            "Madrid|Comunidad de Madrid|280##|91%######;Barcelona|Cataluña|080##|93%######;Valencia|Comunidad "
            "Valenciana|460##|96%######;"
            "Sevilla|Andalucía|410##|95%######;Zaragoza|Aragón|500##|976%#####;Málaga|Andalucía|290##|95%######;"
            "Murcia|Región de Murcia|300##|968%#####;Palma|Islas Baleares|070##|971%#####;Bilbao|País Vasco|480##|94%######;"
            "Valladolid|Castilla y León|470##|983%#####;Vigo|Galicia|362##|986%#####;Gijón|Asturias|332##|98%######;"
            "Granada|Andalucía|180##|958%#####;Toledo|Castilla-La Mancha|450##|925%#####",
        ),
        town_stems=_words("Villa Fuente Monte Torre Peña Casa Puente San_Pedro_de_ Santa_Ana_de_"),
        town_endings=_words("nueva blanca alegre rrubia longa verde hermosa franca"),
        street_stems=_ES_STREETS,
        street_kinds=_words("Calle Avenida Plaza Paseo"),
        number_first=False,
        forms=_words("España Spain es ESP Spanien Espagne Espana Spanje"),
        date_forms=("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"),
        email_domains=_words("gmail.com hotmail.com yahoo.es telefonica.net outlook.es hotmail.es"),
        company_forms=("S.L.", "S.A.", "e Hijos"),
    ),
)
BY_CODE: dict[str, Country] = {country.code: country for country in COUNTRIES}
