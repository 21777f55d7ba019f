"""Everyday names whose role is known before any file is read: given names, and family names, of a dozen languages.

Written down from what national statistics offices list as common. Rule: what is common as both (Thomas, Martin, Kelly, Grant)
is left out, because it says nothing. A file's own use of a name outweighs the list; the list helps where the file is small.
"""

_GIVEN = """
aaron abigail adele adrian agata agathe agnes agnieszka aisha alan alejandra aleksandra alessandro alessia alexandra alexandre
alfredo alice alicia alina alison alvaro amanda amelie amina amy ana anastasia andrea andreas andrew andrzej angela angelica
aniela anita anja anke anna anne annemarie annette annika anouk anthony antje antoine antoinette antonia ariane arne arthur
artur astrid aurelie axel barbara bartosz bastien beata beate beatrice beatriz benedikt benjamin benoit berit bernd bettina
bianca birgit bjorn bogdan bohdan brenda brian bridget brigitte brittany camila camille carla carlos carolina caroline carsten
caterina catherine cathy cecile cecilia chantal charlotte chiara chloe christa christina christine christophe christopher
cindy claire clara claudia claudine clemence corinna corinne cristina cynthia cyril dagmar damian daniela danielle danuta
dariusz davide deborah debra deirdre delphine denise derek desmond detlef diana diane didier diego dieter dimitri dirk dominic
dominika dominique donna dora dorota dorothea dorothy edith edmund eduardo edyta eileen eleanor elena elisabeth elise
elizabeth elke ella ellen elodie elsa elspeth elzbieta emilia emilie emily emma enrico enrique eric erica erik erika ernesto
estelle esther etienne eugenia eva evelyn ewa fabian fabio fabrice fabrizio fatima federico felicity femke fernanda fernando
filip finn fiona florence florian floris frances francesca francesco francisco franziska frederic frederick frederik gabriela
gabriele gabrielle gaetan gavin geertje gemma genevieve geoffrey georgia gerald geraldine gerhard gertrud gertrude gianluca
gillian giovanni gisela giulia giuseppe gloria grazyna greta grzegorz guadalupe guillermo gunter gustavo gwen gwendolyn hakan
halina hanna hannah hannelore hans harriet heather hedwig heidi heike heinz helen helena helene helga helmut hendrik henrik
hilary hildegard holger hugo ian ignacio ilona ilse imogen ines ingeborg ingrid irena irene irina iris irmgard isabel isabella
isabelle ivan iwona jacek jacqueline jadwiga jake jakub jana jane janet janice janina janine janusz jaroslaw jasmin jason
javier jeanette jeffrey jelena jennifer jens jeremy jerzy jessica jesus jill joachim joan joana joanna joanne jodie johan
johanna johannes john jolanta jonas jonathan joost jorg jorge josefa joseph josephine joshua joyce juan juanita judith judy
julia julian julie juliette jurgen justyna jutta kamil karen karin karina karl karolina karsten kasper katarzyna kate
katharina katherine kathleen kathryn katie katja katrin kazimierz kenneth kerstin kevin kimberly kinga kirsten kirsty klaus
krystyna krzysztof lars laura laurence lea leah lena leonie leszek liam lieke lieselotte liliana linda lisa lorenzo lorraine
lotte louise lucas lucia lucie lucy luis luisa lukas lukasz luke lydia maarten maciej madeleine magali magdalena maike maja
malcolm malgorzata mandy manfred manon manuela marcel marcin marco marcos marcus marek margaret margarita margaux margery
margot margrit maria mariana marianne marie marieke marina mario mariusz marjolein marjorie markus marlene marta martha
martina martine mateusz matheus mathieu mathilde matilda matteo matthew matthias matthieu maud maureen maximilian megan
melanie melissa melvin mercedes michaela michal michelle miguel mikael mikolaj mildred miriam mirjam miroslaw moira monica
monika monique montserrat muriel myra nadia nadine nancy naomi natalia natalie natasha nathalie nathan nicholas nicole niels
nienke nigel nikolaus nina noah noemie nora norbert norma nuria odile olaf olga olivia olivier oscar pablo pamela paola
patience patricia patrycja patryk paula paulina pauline pawel pedro peggy penelope peter petra philippe phoebe phyllis pierre
pieter pilar piotr priscilla przemyslaw rachel radoslaw rafael rafal raffaele rainer raquel raul rebecca regina renata renate
rene rhys rita roberto rocio roderick rodrigo roger ronald rosalind rosemarie rosemary roxanne ruben rudiger rupert ruth
ryszard sabine sabrina sally salvatore samantha samuel sandra sandrine sanne sara sarah sarita saskia sean sebastian sebastien
sergio severine sharon sheila shirley sian sibylle sigrid silke silvia simona simone sjoerd slawomir sofia solange sonia sonja
sophia sophie stanislaw stefan stefania stefanie stefano steffen stella stephanie stephen steve steven stijn susan susana
susannah susanne suzanne sven svetlana sylvester sylvia sylvie szymon tabitha tadeusz tamara tania tanja tara tatiana terence
teresa tessa theo theodor theresa thierry thijs thorsten tiffany tim timothy tina tobias toby tomas tomasz torsten trevor
ulrich ulrike ursula ute uwe valentina valeria valerie valery vanessa vera veronica veronika veronique vicky victoria viktor
viktoria vincenzo virginia virginie vivian vivien volker walburga waldemar waltraud wanda wendy wieslaw wiktoria wilhelmina
willem wilma winifred wojciech wolfgang wouter xavier yannick yasmin yolanda youssef yves yvette yvonne zachary zbigniew
zdzislaw zoe zofia zuzanna
"""
_FAMILY = """
adamczyk adams aguilar ahmed albrecht almeida alonso alvarez alves andersen anderson andersson andrews arndt atkinson aydin
baker bakker baran barbier barbieri barker barnes bauer baumann beck becker begum bennett berg bergmann bertrand bianchi blanc
blanchard bohm bonnet bos boyer brandt braun brennan brouwer brun brunet bryant butler byrne cabrera calvo campbell campos
cano cardoso caron carrasco caruso carvalho castillo castro celik cerny chavez chen chevalier chowdhury christensen claes
clark clarke coleman collins colombo conti cook correia cortes costa cox cruz dabrowska dabrowski davies deboer degroot dekker
delgado demir desmet devries dewit diaz dietrich dijkstra dixon dominguez doyle driessen dubois dudek dufour dumont dupont
durand duval dvorak edwards egger engel eriksen eriksson esposito evans evers faure ferguson fernandes fernandez ferrara
ferrari ferreira fischer fisher fitzgerald fletcher flores fontaine fontana fournier fuchs fuentes gaillard gallagher gallego
galli garcia garnier garrido gauthier gautier gentile gerritsen gibson giordano girard giraud gomes gomez goncalves gonzalez
goossens gorski grabowski graf gross grosse gruber guerin guerrero gupta gustafsson gutierrez haas hagen hahn hall hamilton
hansen harris hartmann haugen hawkins henderson hendriks hernandez herrera herrmann hicks hill hoekstra hofer hoffman hoffmann
hofmann holmes horak horn huang huber hughes huisman hussain iglesias ivanov jablonski jacobs jager jankowski jansen janssen
jaworski jenkins jensen jimenez johansen johansson johnsen johnson joly jones jonsson kaczmarek kaiser kaminska kaminski
karlsen karlsson kavanagh kaya keller khan knight koch kohler kok konig korhonen koster kowalczyk kowalska kowalski kozlowska
kozlowski kramer kraus krause krawczyk kristensen kristiansen krol kruger kucera kuhn kuiper kuipers kwiatkowski lambert
larsen larsson lefebvre lefevre legrand lehmann lemaire leroux leroy lewandowska lewandowski lindberg lindner lindstrom liu
lombardi longo lopes lopez lorenz lozano maas macdonald mackenzie madsen maes maier majewski makinen malinowski mancini
marchand mariani marino marques martens martinelli martinez martini martins masson mayer mazur mcdonald mcintyre mclean medina
meier meijer mendes mendez mendoza mercier mertens meunier meyer michalak michalski miller mills mitchell molina moller
monteiro moore morales moreau moreira morel moreno moretti morin morris moser mulder muller munoz murphy myers navarro nelson
nemec neumann nguyen nielsen nieminen nilsen nilsson novak novotny nowak nowicki nunes nunez obrien oconnor oliveira olsen
olson olsson olszewski oneill ortega ortiz ostrowski ozturk palmer papadopoulos patel patterson pawlak pawlowski payne pearce
pedersen peeters pena pereira perez perrin persson peters petersen peterson petit petrov pettersen pettersson pfeiffer pham
phillips picard pichler pietrzak pinto piotrowski pohl popov postma powell prieto prins prochazka ramirez rasmussen renard
reyes reynolds ribeiro ricci richardson richter rinaldi rivera riviere rizzo roberts robinson rocha roche rodrigues rodriguez
rogers rossi roth rousseau roussel roux rubio ruiz russo rutkowski sahin sanchez sanders santoro santos sanz sauer schafer
schmid schmidt schmitt schmitz schneider scholten scholz schouten schreiber schroder schubert schulz schulze schumacher
schuster schwarz seidel serrano sharma sidorov sikora silva simmons singh smit smith smits soares sorensen steiner stepien
stevens suarez sullivan svensson svoboda szewczyk szymanska szymanski teixeira thompson timmermans tomaszewski torres tran
turner vandijk vargas vazquez veenstra verhoeven vermeulen vesely vidal vieira virtanen visser vitale vogel vogt voigt vos
wagner walczak walker wang ward watson weber weiss wieczorek willems williams wilson wimmer winkler wisniewska wisniewski
witkowski wojcik wolf wolters wood woods wouters wozniak wright wrobel yildiz yilmaz zajac zhang ziegler zielinska zielinski
zimmermann
"""


_EVERYDAY_GIVEN, _EVERYDAY_FAMILY = frozenset(_GIVEN.split()), frozenset(_FAMILY.split())
# Letters that do not come apart into a plain one and an accent.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i", "'": "", "\u2019": ""})


def is_given_name(word: str) -> bool:
    """Say whether `word` (small letters without accents) is known as a given name, and not as a family name."""
    return word.translate(_PLAIN) in _EVERYDAY_GIVEN


def is_family_name(word: str) -> bool:
    return word.translate(_PLAIN) in _EVERYDAY_FAMILY
