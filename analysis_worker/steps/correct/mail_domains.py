"""Mail domains that millions of people use: never taken for a typo, and what a typo is corrected to.

`TARGETS` are long enough that one slip is still recognisable. Short ones (`gmx.de`, `aol.com`) are only protected: a
neighbour of a short name is too often somebody's real domain.
"""

_PROVIDERS = """
gmail.com googlemail.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.nl hotmail.be
hotmail.ca hotmail.com.au hotmail.com.br hotmail.se hotmail.no hotmail.dk hotmail.fi hotmail.ch hotmail.gr hotmail.co.nz
outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.be outlook.nl outlook.dk outlook.ie outlook.at outlook.pt
outlook.cz outlook.jp outlook.com.au outlook.com.br outlook.co.nz
live.com live.co.uk live.nl live.de live.fr live.it live.be live.ca live.se live.no live.dk live.com.au live.at live.ie
msn.com passport.com windowslive.com microsoft.com
yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.co.in yahoo.in yahoo.com.au yahoo.com.br yahoo.co.jp
yahoo.co.nz yahoo.ie yahoo.gr yahoo.se yahoo.no yahoo.dk yahoo.nl yahoo.be yahoo.at yahoo.ch yahoo.com.mx yahoo.com.ar
ymail.com rocketmail.com myyahoo.com aol.com aol.co.uk aol.de aol.fr aim.com verizon.net
icloud.com me.com mac.com apple.com protonmail.com proton.me pm.me tutanota.com tuta.io hushmail.com fastmail.com fastmail.fm
gmx.com gmx.de gmx.net gmx.at gmx.ch web.de freenet.de t-online.de arcor.de mail.de posteo.de mailbox.org online.de email.de
mail.com email.com usa.com mail.ru yandex.ru yandex.com ya.ru bk.ru list.ru inbox.ru rambler.ru inbox.com zoho.com zohomail.com
orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr numericable.fr bbox.fr club-internet.fr
libero.it virgilio.it tiscali.it alice.it tin.it fastwebnet.it tim.it poste.it
telefonica.net terra.com.br uol.com.br bol.com.br ig.com.br globo.com
ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl casema.nl upcmail.nl chello.nl hetnet.nl quicknet.nl
telenet.be skynet.be proximus.be scarlet.be bluewin.ch hispeed.ch sunrise.ch
btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com virgin.net ntlworld.com blueyonder.co.uk tiscali.co.uk
o2.co.uk tesco.net plusnet.com eircom.net
comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com netzero.net optonline.net
frontier.com windstream.net roadrunner.com mindspring.com embarqmail.com centurylink.net
rogers.com shaw.ca telus.net bell.net sympatico.ca videotron.ca
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net xtra.co.nz
telia.com comhem.se bredband.net online.no broadpark.no getmail.no tdcadsl.dk mail.dk
wp.pl o2.pl onet.pl interia.pl op.pl gazeta.pl poczta.onet.pl seznam.cz centrum.cz email.cz azet.sk freemail.hu citromail.hu
abv.bg sapo.pt otenet.gr
qq.com 163.com 126.com sina.com sohu.com foxmail.com aliyun.com naver.com hanmail.net daum.net docomo.ne.jp ezweb.ne.jp
softbank.ne.jp rediffmail.com sify.com
"""
WELL_KNOWN = frozenset(_PROVIDERS.split())

# Real domains that are one slip from a provider above: companies, mail services, or names somebody holds.
_HONEST_NEIGHBOURS = """
    mail.com gmail.co.uk hotmail.co outlook.co yahoo.co live.co icloud.co email.com ymail.com kmail.com fmail.com nmail.com
    tmail.com zmail.com vmail.com qmail.com pmail.com cmail.com smail.com bmail.com amail.com imail.com umail.com rmail.com
    xmail.com emailn.de gmail.de iclouds.com cloud.com outlook.us comcast.com
    al.com aok.com aok.de web.com wb.com sky.de ski.com spy.com live.de live.com like.com line.com love.com give.com
    gmx.us gmx.fr gmx.es gmx.co.uk web.at mmx.de amx.de emx.de wob.de wdr.de weg.de srf.ch sr.de
    onet.com net.pl one.pl ovh.net op.de wp.com wp.de o2.de o2.com fee.fr tree.fr
"""
NOT_TYPOS = frozenset(_HONEST_NEIGHBOURS.split())

# Short names have too many honest neighbours to be corrected to.
_MIN_TARGET_LABEL = 5
_RECOGNISABLE_SHORT = frozenset({"yahoo.com"})
TARGETS = frozenset(
    domain for domain in WELL_KNOWN if len(domain.partition(".")[0]) >= _MIN_TARGET_LABEL or domain in _RECOGNISABLE_SHORT
)

# Providers with exactly one domain: a country ending on their name (`gmail.co`, `gmail.cm`) is a slip, not a branch.
SINGLE_DOMAIN_LABELS = frozenset(
    "gmail googlemail icloud protonmail ymail rocketmail btinternet btopenworld ntlworld comcast verizon sbcglobal bellsouth "  # noqa: SIM905 - reads as one line
    "earthlink optonline bigpond laposte wanadoo talktalk virginmedia windowslive fastmail mindspring windstream".split()
)

# Endings that were never delegated and are what fingers make of `.com`, `.net`, `.org`.
IMPOSSIBLE_ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "cpm": "com", "comm": "com", "coom": "com",
    "ccom": "com", "c0m": "com", "conm": "com", "clm": "com", "nte": "net", "ner": "net",
    "nett": "net", "ogr": "org", "rog": "org", "orgg": "org", "orh": "org",
}  # fmt: skip
