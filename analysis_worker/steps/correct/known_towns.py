"""Large towns whose place is known before any file is read: the first signs of the postcodes that they have.

Written down from general knowledge of the countries' postal areas. Rules: a name that several places of a country bear is left
out, unless the others are few and listed with it; signs are coarse (two digits, the letters of a British code, an American
state), and suburbs that write the name of the town are in. What the file itself says of a town outweighs the list.
"""

from functools import lru_cache

from analysis_worker.steps.correct.postal_regions import folded, is_whole, postal_region

_BY_STATE, _BY_LETTERS = "US", frozenset({"GB"})
_LETTERED = _BY_LETTERS | {_BY_STATE}
_DIGITS = 2
_TOWNS = {
    "DE": """
Berlin 10 12 13 14 15; Hamburg 20 21 22 27; München 80 81 85; Köln 50 51; Frankfurt am Main 60 65; Stuttgart 70;
Düsseldorf 40; Leipzig 04; Dortmund 44; Bremen 28 27; Dresden 01; Hannover 30; Nürnberg 90; Duisburg 47; Bochum 44;
Wuppertal 42; Bielefeld 33; Bonn 53; Mannheim 68; Karlsruhe 76; Augsburg 86; Wiesbaden 55 65; Mönchengladbach 41;
Gelsenkirchen 45; Aachen 52; Braunschweig 38; Chemnitz 09; Kiel 24; Magdeburg 39; Freiburg im Breisgau 79; Krefeld 47;
Mainz 55; Lübeck 23; Erfurt 99; Rostock 18; Kassel 34; Potsdam 14; Saarbrücken 66; Ludwigshafen am Rhein 67;
Mülheim an der Ruhr 45; Osnabrück 49; Leverkusen 51; Heidelberg 69; Darmstadt 64; Solingen 42; Regensburg 93; Herne 44;
Paderborn 33; Neuss 41; Ingolstadt 85; Offenbach am Main 63; Heilbronn 74; Pforzheim 75; Würzburg 97; Wolfsburg 38;
Göttingen 37; Bottrop 46; Reutlingen 72; Erlangen 91; Bremerhaven 27; Koblenz 56; Bergisch Gladbach 51; Remscheid 42;
Trier 54; Recklinghausen 45; Jena 07; Moers 47; Salzgitter 38; Siegen 57; Gütersloh 33; Hildesheim 31; Cottbus 03;
Kaiserslautern 67; Schwerin 19 15; Gera 07; Konstanz 78; Flensburg 24; Tübingen 72; Bamberg 96; Bayreuth 95; Passau 94;
Zwickau 08; Stralsund 18; Greifswald 17; Lüneburg 21; Wilhelmshaven 26; Cuxhaven 27; Ludwigsburg 71; Esslingen am Neckar 73;
Ravensburg 88; Friedrichshafen 88; Landshut 84; Aschaffenburg 63; Schweinfurt 97; Fulda 36; Marburg 35; Gießen 35; Worms 67;
Neumünster 24; Eisenach 99 54; Plauen 08; Görlitz 02; Bautzen 02; Ulm 89; Münster 48 64 29 86
""",
    "GB": """
London E EC N NW SE SW W WC BR CR DA EN HA IG KT RM SM TN TW UB WD; Birmingham B; Manchester M OL SK WA; Leeds LS WF BD;
Glasgow G; Sheffield S; Edinburgh EH; Liverpool L; Bristol BS; Cardiff CF; Leicester LE; Coventry CV; Bradford BD;
Nottingham NG; Kingston upon Hull HU; Newcastle upon Tyne NE; Stoke-on-Trent ST; Southampton SO; Derby DE; Portsmouth PO;
Brighton BN; Plymouth PL; Northampton NN; Reading RG; Luton LU; Wolverhampton WV; Aberdeen AB; Bournemouth BH; Norwich NR;
Swindon SN; Dundee DD; Swansea SA; Milton Keynes MK; Sunderland SR; Peterborough PE; Oxford OX; York YO; Cambridge CB;
Ipswich IP; Gloucester GL; Exeter EX; Blackpool FY; Bolton BL; Middlesbrough TS; Huddersfield HD; Cheltenham GL; Slough SL;
Watford WD; Colchester CO; Blackburn BB EH; Southend-on-Sea SS; Eastbourne BN; Doncaster DN; Rotherham S; Salford M;
Stockport SK; Warrington WA; Wigan WN; Worcester WR; Hereford HR; Shrewsbury SY; Telford TF; Carlisle CA; Chester CH;
Crewe CW; Lincoln LN; Grimsby DN; Scunthorpe DN; Harrogate HG; Wakefield WF; Halifax HX; Bath BA; Taunton TA; Torquay TQ;
Truro TR; Poole BH; Salisbury SP; Winchester SO; Guildford GU; Canterbury CT; Maidstone ME; Tunbridge Wells TN;
Chelmsford CM; Stevenage SG; Inverness IV PA; Stirling FK; Paisley PA; Motherwell ML; Kilmarnock KA; Belfast BT;
Newport NP PO SA TF; Wrexham LL
""",
    "FR": """
Paris 75 92 93; Marseille 13; Lyon 69; Toulouse 31; Nice 06; Nantes 44; Strasbourg 67; Montpellier 34; Bordeaux 33;
Lille 59; Rennes 35; Reims 51; Saint-Étienne 42; Le Havre 76; Toulon 83; Grenoble 38; Dijon 21; Angers 49; Nîmes 30;
Villeurbanne 69; Clermont-Ferrand 63; Le Mans 72; Aix-en-Provence 13; Brest 29; Tours 37; Amiens 80; Limoges 87; Annecy 74;
Perpignan 66; Boulogne-Billancourt 92; Metz 57; Besançon 25; Orléans 45; Mulhouse 68; Rouen 76; Caen 14; Argenteuil 95;
Nancy 54; Roubaix 59; Tourcoing 59; Avignon 84; Poitiers 86; Versailles 78; Pau 64; La Rochelle 17; Cannes 06; Antibes 06;
Béziers 34; Colmar 68; Bourges 18; Quimper 29; Valence 26 16 82; Troyes 10; Chambéry 73; Niort 79; Lorient 56; Montauban 82;
Saint-Nazaire 44; Charleville-Mézières 08; Chartres 28; Laval 53; Angoulême 16; Périgueux 24; Carcassonne 11; Albi 81;
Tarbes 65; Saint-Brieuc 22; Vannes 56; Cherbourg-en-Cotentin 50; Blois 41; Châteauroux 36; Nevers 58; Auxerre 89; Épinal 88;
Belfort 90; Mâcon 71; Bourg-en-Bresse 01; Gap 05; Arras 62; Beauvais 60; Évreux 27; Alençon 61; Agen 47; Mont-de-Marsan 40;
Cahors 46; Rodez 12; Mende 48; Aurillac 15; Le Puy-en-Velay 43; Moulins 03; Guéret 23; Vesoul 70; Lons-le-Saunier 39;
Chaumont 52 61 74; Bar-le-Duc 55; Laon 02; Ajaccio 20; Bastia 20
""",
    "ES": """
Madrid 28; Barcelona 08; Valencia 46; Sevilla 41; Zaragoza 50; Málaga 29; Murcia 30; Palma 07; Palma de Mallorca 07;
Las Palmas de Gran Canaria 35; Bilbao 48; Alicante 03; Córdoba 14; Valladolid 47; Vigo 36; Gijón 33; Vitoria-Gasteiz 01;
A Coruña 15; Granada 18; Elche 03; Oviedo 33; Badalona 08; Cartagena 30; Terrassa 08; Jerez de la Frontera 11; Sabadell 08;
Móstoles 28; Santa Cruz de Tenerife 38; Alcalá de Henares 28; Pamplona 31; Fuenlabrada 28; Almería 04; Leganés 28;
Donostia-San Sebastián 20; Burgos 09; Castellón de la Plana 12; Albacete 02; Getafe 28; Salamanca 37; Huelva 21; Logroño 26;
Badajoz 06; Tarragona 43; Lleida 25; León 24; Cádiz 11; Jaén 23; Ourense 32; Girona 17; Lugo 27; Santiago de Compostela 15;
Cáceres 10; Toledo 45; Pontevedra 36; Palencia 34; Ciudad Real 13; Zamora 49; Ávila 05; Cuenca 16; Huesca 22; Segovia 40;
Guadalajara 19; Soria 42; Teruel 44; Ceuta 51; Melilla 52; Marbella 29; Algeciras 11; Ferrol 15; Santander 39
""",
    "NL": """
Amsterdam 10 11; Rotterdam 30 31; Den Haag 24 25; 's-Gravenhage 24 25; Utrecht 35; Eindhoven 56; Groningen 97; Tilburg 50;
Almere 13; Breda 48; Nijmegen 65; Apeldoorn 73; Haarlem 20; Arnhem 68; Enschede 75; Amersfoort 38; Zaandam 15;
Haarlemmermeer 21; 's-Hertogenbosch 52; Den Bosch 52; Zoetermeer 27; Zwolle 80; Leiden 23; Maastricht 62; Dordrecht 33;
Ede 67; Leeuwarden 89; Alphen aan den Rijn 24; Alkmaar 18; Emmen 78; Delft 26; Venlo 59; Deventer 74; Sittard 61;
Helmond 57; Hilversum 12; Heerlen 64; Oss 53; Amstelveen 11; Purmerend 14; Schiedam 31; Lelystad 82; Vlaardingen 31;
Roosendaal 47; Gouda 28; Hoorn 16 88; Almelo 76; Assen 94; Middelburg 43; Bergen op Zoom 46; Nieuwegein 34; Veenendaal 39;
Zeist 37; Doetinchem 70; Den Helder 17; Terneuzen 45; Kampen 82; Roermond 60; Vlissingen 43; Heerenveen 84; Hoogeveen 79;
Tiel 40; Harderwijk 38; Wageningen 67
""",
    "PL": """
Warszawa 00 01 02 03 04 05; Kraków 30 31 32; Łódź 90 91 92 93 94; Wrocław 50 51 52 53 54; Poznań 60 61 62; Gdańsk 80;
Szczecin 70 71; Bydgoszcz 85; Lublin 20; Białystok 15 16; Katowice 40; Gdynia 81; Częstochowa 42; Radom 26; Sosnowiec 41;
Kielce 25; Gliwice 44; Zabrze 41; Bytom 41; Bielsko-Biała 43; Rzeszów 35; Ruda Śląska 41; Rybnik 44; Tychy 43;
Dąbrowa Górnicza 41 42; Elbląg 82; Płock 09; Opole 45 46; Gorzów Wielkopolski 66; Wałbrzych 58; Włocławek 87;
Zielona Góra 65 66; Tarnów 33; Chorzów 41; Koszalin 75; Legnica 59; Grudziądz 86; Słupsk 76; Jaworzno 43; Jelenia Góra 58;
Nowy Sącz 33; Konin 62; Inowrocław 88; Lubin 59; Ostrowiec Świętokrzyski 27; Gniezno 62; Suwałki 16; Głogów 67;
Siedlce 08 33; Zamość 22; Przemyśl 37; Olsztyn 10 11 42; Ełk 19; Tczew 83; Stalowa Wola 37; Mielec 39; Puławy 24;
Racibórz 47; Świnoujście 72
""",
    "AU": """
Sydney 10 11 12 20 21 22; Melbourne 30 31 80 81 82 83; Brisbane 40 41 90; Perth 60 61 68 72; Adelaide 50 51 58;
Gold Coast 42; Canberra 26 29; Hobart 70; Darwin 08 09; Geelong 32; Townsville 48; Cairns 48; Toowoomba 43; Ballarat 33;
Bendigo 35; Launceston 72; Wollongong 25; Newcastle 22 23; Rockhampton 47; Bundaberg 46; Bunbury 62 52; Wagga Wagga 26;
Coffs Harbour 24; Port Macquarie 24; Tamworth 23; Alice Springs 08; Kalgoorlie 64; Geraldton 65; Mount Gambier 52;
Shepparton 36; Mildura 35; Warrnambool 32
""",
    "IT": """
Roma 00; Milano 20; Napoli 80; Torino 10; Palermo 90; Genova 16; Bologna 40; Firenze 50; Bari 70; Catania 95; Venezia 30;
Verona 37; Messina 98; Padova 35; Trieste 34; Brescia 25; Parma 43; Prato 59; Modena 41; Reggio Calabria 89; Ravenna 48;
Livorno 57; Rimini 47; Cagliari 09; Foggia 71; Ferrara 44; Salerno 84; Latina 04; Monza 20; Siracusa 96; Pescara 65;
Bergamo 24; Forlì 47; Trento 38; Vicenza 36; Terni 05; Bolzano 39; Novara 28; Piacenza 29; Ancona 60; Udine 33; Arezzo 52;
Cesena 47; Lecce 73; Pesaro 61; La Spezia 19; Perugia 06; Pisa 56; Lucca 55; Treviso 31; Como 22; Varese 21; Cremona 26;
Mantova 46; Caserta 81; Taranto 74; Brindisi 72; Cosenza 87; Catanzaro 88; Potenza 85; Matera 75; Campobasso 86;
L'Aquila 67; Sassari 07; Trapani 91; Agrigento 92; Ragusa 97; Siena 53; Grosseto 58; Savona 17; Imperia 18; Cuneo 12;
Asti 14; Alessandria 15
""",
    "AT": """
Wien 10 11 12 13 14; Graz 80; Linz 40 95; Salzburg 50; Innsbruck 60; Klagenfurt am Wörthersee 90; Villach 95; Wels 46 93;
Sankt Pölten 31; Dornbirn 68; Wiener Neustadt 27; Bregenz 69; Eisenstadt 70; Leoben 87 98; Klosterneuburg 34
""",
    "CH": """
Zürich 80; Genève 12; Basel 40; Lausanne 10; Bern 30; Winterthur 84; Luzern 60; St. Gallen 90; Lugano 69; Biel/Bienne 25;
Thun 36; Fribourg 17; Schaffhausen 82; Chur 70; Neuchâtel 20; Sion 19; Aarau 50; Zug 63; Frauenfeld 85; Solothurn 45
""",
    "BE": """
Antwerpen 20 21 26; Gent 90; Charleroi 60; Liège 40; Brugge 80 83; Namur 50; Leuven 30; Mons 70; Mechelen 28; Aalst 93 38;
Kortrijk 85; Hasselt 35; Oostende 84; Genk 36; Roeselare 88; Tournai 75; Verviers 48; Arlon 67; Turnhout 23
""",
    "US": """
New York NY; Los Angeles CA TX; Chicago IL; Houston TX MO MN MS AK PA DE AR; Phoenix AZ NY OR MD IL;
Philadelphia PA MS NY TN MO; San Antonio TX FL NM; San Diego CA TX; Dallas TX OR PA GA NC WI SD IA WV; San Jose CA IL NM;
Austin TX MN IN PA AR KY NV CO; Fort Worth TX; Charlotte NC MI TN VT TX IA AR; Indianapolis IN IA OK NE; San Francisco CA;
Seattle WA; Denver CO IA NC PA IN MO NY; Oklahoma City OK; Nashville TN GA NC MI IL IN AR KS OH MO; El Paso TX IL AR;
Boston MA VA KY NY GA IN PA TX; Las Vegas NV NM; Portland OR ME IN TX MI TN CT PA ND NY MO OH AR; Detroit MI AL OR TX ME IL;
Memphis TN MO TX MI IN NE NY; Baltimore MD OH; Milwaukee WI OR NC PA; Albuquerque NM; Tucson AZ; Fresno CA TX OH MT;
Sacramento CA KY PA; Atlanta GA TX MI IL IN KS MO NE NY LA; Colorado Springs CO; Raleigh NC MS IL ND WV;
Omaha NE AR TX IL GA; Miami FL OK AZ TX IN MO NM WV; Long Beach CA WA NY MS MN IN NC; Virginia Beach VA;
Minneapolis MN KS NC; Tulsa OK; Tampa FL KS; New Orleans LA; Honolulu HI NC; Pittsburgh PA; Cincinnati OH IA AR;
St. Louis MO MI OK; Saint Louis MO MI OK; Newark NJ DE NY OH IL CA TX MO MD AR; Orlando FL OK KY WV; Anchorage AK KY;
Boise ID OK TX; Salt Lake City UT; Baton Rouge LA SC; Sioux Falls SD; Chattanooga TN OK; Spokane WA MO LA
""",
}


def lies_in_known(country: str, town: str, postcode: str) -> bool | None:
    """Say whether the postcode (letters and digits only) is one that the town has; None where either is not known."""
    signs = _known().get((country, folded(town)))
    if signs is None or not is_whole(country, postcode):
        return None
    if country == _BY_STATE:
        state = postal_region(country, postcode)
        return state in signs if state else None
    if country in _BY_LETTERS:
        return _letters(postcode) in signs
    return postcode[:_DIGITS] in signs


@lru_cache(maxsize=1)
def _known() -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for country, text in _TOWNS.items():
        for entry in text.replace("\n", " ").split(";"):
            words = entry.split()
            name = [word for word in words if not (word.isdigit() or (country in _LETTERED and word.isupper()))]
            found[country, folded(" ".join(name))] = frozenset(words[len(name) :])
    return found


def _letters(postcode: str) -> str:
    return postcode[: next((place for place, sign in enumerate(postcode) if not sign.isalpha()), len(postcode))]
