"""Short forms of given names and the names they are short for, several where several are possible.

Rule: only a list of what may be one name; whether somebody has the longer one, another row of the same person must show.
"""

_SHORT_FORMS = """
abigail: abby abbie gail|albert: al bert bertie|alexander: alex al sandy sasha xander lex|alexandra: alex sandra lexi sasha
alexandre: alex|aleksandra: ola olka alex|alejandro: alex jandro|alfred: alf alfie fred|amanda: mandy|andrew: andy drew
andreas: andi andy|agnieszka: aga agnes|anthony: tony|antonio: tono toni tony|anna: ania anka anni annie
barbara: barb babs basia|beatrice: bea trixie|benjamin: ben benny benji|bernard: bernie|bridget: biddy
caroline: caro carrie carol|carmen: menchu|catherine: cathy kate katie kathy kath kit cath|charles: charlie chuck chas
charlotte: lottie charlie lotte|christine: chris chrissie tina|christian: chris|christina: chris tina chrissie
christopher: chris kit topher|christophe: chris|cornelia: corrie conny nelly|cornelis: kees cor|daniel: dan danny
david: dave davey davy|deborah: deb debbie|dolores: lola|donald: don donnie|dorothy: dot dottie dolly|dorothea: doro thea
edward: ed eddie ted teddy ned|eleanor: ellie nell nellie nora|elisabeth: els lies lisa liesl lisbeth elli sissi
elizabeth: liz lizzie beth betty eliza bess libby|elzbieta: ela|eugene: gene|fernando: nando|florence: flo
frances: fran frankie|francesca: fran|francis: frank fran|francisco: paco pancho curro fran|franziska: franzi|frederic: fred
frederick: fred freddie|friedrich: fritz fred|gabriele: gabi gaby|gabriel: gabe|gerald: gerry jerry|geoffrey: geoff
gertrud: trude|gillian: gill jill|gregory: greg|grzegorz: grzesiek grzes|guillaume: guy|guillermo: memo guille|gunter: gunni
gunther: gunni|hans: hannes|harold: harry hal|heinrich: heiner heinz|hendrik: henk rik|henry: harry hank hal
hildegard: hilde|ignacio: nacho|irena: irka|isabel: isa bella chabela|isabella: bella izzy isa|isabelle: isa belle
jacob: jake|jacqueline: jackie jacqui|jakub: kuba|james: jim jimmy jamie jem|jan: janek|jennifer: jen jenny jenn
jeffrey: jeff|jeremy: jem jerry|jeroen: jer|jessica: jess jessie|jesus: chus chuy|joachim: jochen achim|joanna: asia jo aska
joanne: jo|johanna: hanna jo hanne|johannes: hans jan joop hannes|john: jack johnny jon|jonathan: jon jonny|jose: pepe
joseph: joe joey|josef: sepp jupp|joshua: josh|judith: judy jude|juan: juanito|julia: jule julie|karl: kalle charly
katarzyna: kasia kaska|katharina: kathi kathe kati|katherine: kate kathy katie kat|kenneth: ken kenny|kimberly: kim
krystyna: krysia|krzysztof: krzys krzysiek|lawrence: larry|leonard: len lenny leo|linda: lyn|louis: lou|louise: lou
lucille: lucy|magdalena: magda lena madzia|malgorzata: gosia malgosia|manuel: manolo manu
margaret: maggie meg peggy marge greta madge daisy|maria: mia mitzi mary maja|martin: marty|martha: mattie|mathieu: mat
mathilde: tilde tilly|matthew: matt matty|matthias: matze matthes|maximilian: max maxi|maxime: max|melissa: mel missy
melanie: mel|mercedes: merche|michael: mike mick mickey micha michi|michal: michas|michelle: shelly shell|miguel: migue
nathalie: nath nat|natalie: nat|nathan: nate nat|nathaniel: nate nat|nicholas: nick nicky nico|nicolas: nico nick
nicole: nicky nikki|oliver: ollie olly|pamela: pam|patricia: pat trish patty tricia pati|patrick: pat paddy|paul: paulie
pawel: pawelek|penelope: penny|peter: pete|petra: peti|philip: phil pip|philippe: phil|phillip: phil|pieter: piet
piotr: piotrek|rachel: rach|raymond: ray|rebecca: becky becca bec|richard: rick dick rich richie ricky
robert: bob rob bobby robbie bert|roberto: beto|ronald: ron ronnie|rosario: charo|rudolf: rudi|samantha: sam sammy
samuel: sam sammy|sander: san|sebastian: seb basti|sebastien: seb|sigrid: siggi|siegfried: siggi|stanislaw: staszek stach
stefan: steff stef|stefanie: steffi|stephanie: steph steffi|stephen: steve|steven: steve|susan: sue susie suzie
susanne: susi sanne|tadeusz: tadek|teresa: tess terry resi|theodore: theo ted teddy|theresa: tess terry tessa
thomas: tom tommy|timothy: tim|tomasz: tomek|ulrich: uli ulli|ursula: uschi ulla|valerie: val|veronika: vroni
veronique: vero|victor: vic|victoria: vicky tori vic|vincent: vince vinnie|virginia: ginny|walter: walt wally
wilhelm: willi willy wim|wilhelmina: mina willemijn mien|willem: wim pim|william: bill will billy willy liam
wojciech: wojtek|wolfgang: wolf wolfi|yvonne: yvi|zachary: zach zack|zbigniew: zbyszek
"""
_LONG_OF: dict[str, frozenset[str]] = {}
for _entry in _SHORT_FORMS.replace("\n", "|").split("|"):
    _long, _, _shorts = _entry.partition(": ")
    for _short in _shorts.split():
        _LONG_OF[_short] = _LONG_OF.get(_short, frozenset()) | {_long}


def may_be_short_for(short: str, longer: str) -> bool:
    """Say whether `short` is an everyday form of `longer`; both folded: small letters without accents."""
    return longer in _LONG_OF.get(short, frozenset())
