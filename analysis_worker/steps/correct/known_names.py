"""Everyday names whose role is known before any file is read: given names, and family names, of a dozen languages.

Written down from what national statistics offices list as common; those of America after the census of 1990 (public domain),
where a name is at least 25 times as common in the one role as in the other. Rule: what is common as both (Thomas, Martin,
Kelly, Grant), or has come into use as a given name since (Madison, Carter), is left out, because it says nothing. A file's own
use of a name outweighs the list; the list helps where the file is small.
"""

_GIVEN = """
aafke aaliyah aaron aart abbie abby abigail ada adalbert addie addyson adela adele adeline adelyn adolfo adoracion adriaan
adrian adriana adrienne agata agathe agnes agnieszka agustina aida aidan aiden aileen aime aimee ainara ainhoa aisha aitana
aitor alain alan alana alastair albane alberta albertine aleid alejandra alejandro aleksandra alena alesha alessandro alessia
alex alexandra alexandre alexia alexis alfie alfonso alfredo alice alicia alina aline alisa alisha alison alistair alix aliyah
alma almudena alojzy alphonse alta alvaro alvin alwin alyssa amalie amanda amandine amari amber ambre amelia amelie amina
amiyah amy ana anais anastasia anastazja anatol anatole andre andrea andreas andree andreu andrew andrzej andy andzelika aneta
ange angela angele angelia angelica angelika angelina angeline angie angus aniceto aniela anika anita anja ank anke ann anna
annabel annabella annabelle anne anneke annelien annelies anneliese annemarie annette anni annick annie annika anouk ans
anthony antje antoine antoinette antonia antonin antonina antonio antonius aoife apolline apolonia april arabella araceli
arantxa archie arend ariadna ariana ariane arianna arie ariel aristide arjan arkadiusz arlene armand armando armelle arnaud
arne arnulf arthur artur arturo astrid aubree aude audrey auguste augustin aukje aurelie aurelien ava axel ayden ayse azucena
baltasar barbara barbel barnaby bartlomiej bartolome bartosz bastiaan bastien beata beate beatrice beatrix beatriz becky
begona belen belinda ben benedicte benedikt benjamin bennie benno benoit benoite berend berengere berit bernadeta bernadette
bernd bernice bert berta bertha berthe berthold bessie beth bethan bethany betsy bette bettie bettina betty beulah bianca bill
billie billy birgit birte bjorn blandine blanka blazej bob bobbi bobbie bobby bodo bogdan bogumila boguslaw boguslawa bohdan
bonita bonnie borja bozena brad brandi brandy brayden breanna brenda brendan bret brian brianna bridget brielle brigitta
brigitte brittany brittney bronislaw bronislawa bronwen bruni burkhard caden caitlin caitlyn caleb callie callum camila
camille candace candela candice candy capucine cara carina carla carlos carlota carme carmela carmelo carmen carol carole
carolina caroline carolyn carrie carsten carys cassandra cassie caterina catherine cathleen cathy catriona cecelia cecile
cecilia cecylia cedric celeste celestine celestino celia celina celine cerys cesar cesareo chad chantal charlene charles
charlie charlize charlotte chelsea cheri cherie cheryl chiara chloe chris christa christelle christi christina christine
christophe christopher chuck cian ciara cierra cindy claire clara clarence clarice clarisse claude claudette claudia claudine
clemence clementina clementine cleo clint clive clotilde coen colette colleen conchita connie cora coral coralie cordula
corentin corina corinna corinne cormac cornelia cornelis corry covadonga cristian cristina crystal cynthia cyprian cyril
cyrille czeslawa daan dagmar dagobert daisy damian damien dan dana dani daniela daniele danielle danny danuta daphne darcy
daria darin dario dariusz darla darlene darrel darrell darren darrin darryl daryl dave davide davinia dawn deana deandre
deanna debbie debora deborah debra declan deirdre delbert delia della delores deloris delphine demetrius dena denise derek
deshawn desiree desmond detlef detlev devin devon devonte dewayne dewi diana diane dianna dianne diarmuid didier diederik
diego dierk dieter dietmar dieuwke dimitri dina dirk dirkje dixie dobroslawa domicela dominic dominika dominique don donald
donata donna donnie dora doreen doris dorota dorothea dorothee dorothy dorte dorthy doug duane duco dustin dwayne dwight dylan
eddie edeltraud edith edmund edna edouard eduardo edurne edwin edyta eefje eelco eelke effie efrain egon eileen eilidh eimear
ekkehard elaine eldon elea eleanor elena eleonore eleuterio elfriede eli eliana eliane elif elijah eline elinor elisa
elisabeth elisabetta elise elizabeth elke ella ellen elli ellie elly elma elmar elodie eloise eloy elsa elsbeth elsie elspeth
elva elvira elwira elzbieta emeline emer emile emilia emilian emiliano emilie emilio emily emine emma emmanuelle emmeline
emmett emmy encarnacion enrico enrique enriqueta enzo eric erica erich erick erik erika erin erma ernestina ernestine ernesto
esme esmee esperanza essie estefania estella estelle esther ethan ethel etienne etta euan eugen eugene eugenia eugenie eugenio
eugeniusz eula eulalia eulalie eunice eusebio eustachy eva evaristo evelin evelyn evie ewa ewan ewelina ewout ezekiel ezra
fabian fabien fabienne fabio fabrice fabrizio fannie fanny fatima fatma faustine faye federica federico felicia felicie
felicity felicja felipa felipe femke fenna ferdi ferdynand fergus fernand fernanda fernande fernando fien filip fiona
fionnuala flavie fleur floortje flore florence florencio florent florian floris foppe frances francesca francesco francine
francisca francisco franciszka francoise frankie franziska frauke fred freddie freddy frederic frederick frederik freya frieda
friederike friedhelm froukje fryderyk gabi gabriela gabriele gabriella gabrielle gael gaelle gaetan gail gareth gary gaspard
gavin geertje geertruida gemma gene geneva genevieve genoveva genowefa geoffrey georgette georgia geraint gerald geraldine
gerardo gerben gerd gerda gerhard gerlinde germaine gero gerritje gert gertrud gertruda gertrude gesa gesine gethin ghislain
ghislaine gianluca gianna giesela gijsbert gilberte gilberto gilles gillian gina ginette ginger giovanni gisbert gisela gisele
giselle gitta giulia giuseppe gladys glen glenda glenna gloria goldie gorka gottfried gotz gracie graciela grazyna greetje
greg gregoria gregorio gregory greta gretchen grzegorz guadalupe gudrun guillaume guillermina guillermo gunda gundula gustavo
gwen gwenaelle gwendolyn gwyneth hakan halina hamish hanna hannah hanneke hannelore hans harold harriet harry hartmut hasan
hatice hattie heather hector hedwig heide heidi heidrun heike heiko heiner heinz heleen helen helena helene helga helge helma
helmut hendrik hendrika hennie henrietta henriette henrik henryk henryka herma hermine herminia herve hessel hettie hieronim
hilario hilary hilda hilde hildegard hildegund hiltrud hinrich holger honorata honorine hortense hortensia hubertus hugh hugo
huguette humberto huseyin huub hywel iain ian ida ids iesha ieuan iga ignacio iker ildefonso ilja ilka ilona ilse imani imanol
imke imogen imogene ina ineke ines inez inga inge ingeborg ingrid inigo inka inmaculada ioan iona ione ira irena irene
ireneusz irina iris irma irmgard irmtraud isa isabel isabella isabelle isaiah isidoro isidro isla ismael ismail isobel isolde
iva ivan ivo iwona iza izabela izabella izan jaap jacco jacek jacinta jacinto jackie jaclyn jacoba jacobo jacobus jacomina
jacqueline jacquelyn jada jade jaden jadwiga jagoda jaiden jake jakub jalen jaliyah jamal jamarcus jamie jana jane janet
janette janice janie janina janine janiyah janna janneke jannie jannik jantje janusz jaquan jared jaroslaw jasmijn jasmin
jasmine jason javier jayda jayden jaylen jayne jazmin jeanette jeanine jeanne jeannette jeannie jeannine jeff jeffrey jelena
jelmer jemima jenifer jenna jennie jennifer jenny jens jerald jeremiah jeremie jeremy jermaine jeroen jeronimo jerry jerzy
jesper jesse jessica jessie jesus jet jewel jikke jill jillian jim jimmie jimmy jitske joachim joan joana joann joanna joanne
joaquin joaquina jocelyn jocelyne jochem jochen jodi jodie jody joe joelle joep joey johan johanna johannes john johnathan
johnnie johnny jolanda jolande jolanta jolene jolien jon jonas jonathan jonathon joni jonny joost jordi jordis jorg jorge jort
jose josefa josefina joseph josephine josette josh joshua josiah josiane josie joyce jozefa juan juana juanita judith judy
judyta julia julian juliana julianna julie juliette julita june jurgen jurriaan justin justine justyna jutta juul kaden
kadence kai kaitlyn kaja kaleb kalina kamari kamil kamila kara karen kari karin karina karine karl karla karolina karsten
kasper katarzyna kate katharina katharine kathe katherine kathleen kathrin kathryn kathy katie katja katrin katrina kayla
kaylee kazimiera kazimierz keisha kelli kellie kelvin ken kendra kenneth keri kerri kerry kerstin kevin khloe kiara kieran
kiersten kilian kimberley kimberly kinga kirsten kirstie kirsty klara klaske klaudia klaudiusz klaus klementyna koenraad
kornelia kris krista kristen kristi kristie kristin kristina kristine kristopher kristy krystal krystian krystyna krzysztof
ksawery kyleigh kylie ladonna laetitia laia lakeisha lana larry lars latasha latisha latonya latoya laura lauren laurence
laurens laurette laurie laverne layla lea leah leandro leanne leen leendert leilani leire lela lena leni lennart lenora
leocadia leokadia leola leona leonie leonor leszek leticia lexi liam lidia lieke liesbeth lieschen liesel lieselotte lieve
lila liliana liliane lilianna lilli lillian lilou lily linda line linus linzi lionel lisa lisette lizzie loic lois lola loni
lonnie loren lorena lorene lorenzo loretta lori lorie loris lorna lorraine lotte lottie lou louane louise lourdes lucas
lucette lucia luciana lucie lucien lucienne lucile lucille lucinda lucja lucy lucyna ludger ludivine ludmila ludovic ludwika
luella luis luisa luise lukas lukasz luke lula lupe luuk lydia lydie lyla lynda lynette lynne maaike maarten maartje mabel
mable macarena machteld maciej madeleine madelief madeline mae mael maelle maelys maeva magali magda magdalena maggie maike
mairi maisie maite maja makayla maksymilian malachi malcolm malena malgorzata mali malte malwina mamie mandy manfred manolo
manon manuel manuela marcel marcelina marceline marcelino marcella marcelle marcelo marcia marcin marco marcos marcus mareike
marek maren marga margaret margarethe margarita margaux margery margie margo margot margreet margret margriet margrit
marguerite mari maria mariana marianna marianne mariano maribel maricarmen marie marieke marielle marietta marijke marijn
marike marilyn marina marine marinette mario mariola marion marisa marisol marissa marit maritza mariusz marjan marjo
marjolaine marjolein marjon marjorie mark markus marla marleen marlena marlene marlies marliese marlis marloes marlon marsha
marta martha marthe martijn martina martine martyn maruja mary maryam maryann marzena mateusz matheo matheus mathieu mathilda
mathilde matilda matteo matthew matthias matthieu matthijs mattie maud maude maureen maurine mavis maxence maximilian
maximiliano maxine mayra mckayla mechthild mees megan meghan mehmet meike meinhard melania melanie melba melina melinda
melissa melle melody melvin merce mercedes merel merle mia micaela micah michaela michal micheal michele micheline michelle
mickael mieczyslawa mieke mies miguel mika mikael mikayla mike mikel mikolaj mila milagros mildred milena millie milou mindy
minerva minke minna minnie mireia mireille miren miriam mirjam mirko miron miroslaw miroslawa mirthe misty modesto moira
moises mollie molly mona monica monika monique montse montserrat morag morgane murat muriel mustafa myfanwy myra myriam myrna
myrtle nadege nadia nadine naima nancy naomi natalia natalie natascha natasha natasza nathalie nathan nathanael nathaniel
nehemiah nele nell nelleke nellie nerea nettie nevaeh nia niall niamh nicanor nicholas nichole nicole niek niels nienke nigel
nikki niklas nikola nikolaus nils nina ninon noah noelia noelle noemie noor noortje nora norbert norma noud nuria obdulia
oceane octavia octavio oda odette odile oktawia ola olaf olalla olav ole olga olivia olivier oliwia olympe onno oonagh opal
ophelie ora orla ortrud orville oscar osman ottilie otylia pablo padraig pamela paola pascale pascuala pat patience patrica
patrice patricia patricio patrycja patryk patsy paula paulette paulina pauline pawel pedro peggy pelagia penelope pepa pepijn
peter petra phil philibert philip philippe philippine phillip phoebe phyllis pia pien pierre pierrette pierrick pieter pietje
pilar piotr pippa pleun pola poppy primitivo priscilla priya przemyslaw puck purificacion quinten rachael rachel rachelle
radoslaw raegan raelynn rafael rafaela rafal raffaele raimundo rainer rajesh ralph ramazan ramona randal randy raphael raquel
rashad raul raven raymonde reba rebeca rebecca rebekah regina reginald regine regis reinder reiner reinier reinout remedios
remi rena renata renate rene renee renske reynaldo rhian rhiannon rhonda rhys ria rianne ricky riet rigoberto rik rita robbie
roberta roberto robyn rocio rocky roderick rodney rodolfo rodolphe rodrigo roel roeland rogelio roger roisin roksana rolande
rolando romain romane romuald romy ron ronald ronda ronja ronnie rosalia rosalie rosalind rosaura roseline rosemarie rosemary
rosendo rosetta rosie roswitha roxanne roza rozalia ruairi ruben ruby rudiger rufino rupert ruprecht rutger ruth rylee ryszard
sabina sabine sabrina sadie saffron sallie sally salome salvatore samantha sammie sammy samuel sandra sandrine sanjay sanne
saoirse sara sarah sarita sascha saskia saturnino saul savannah seamus sean sebastiaan sebastian sebastien selena selma serena
serenity sergi sergio sergiusz severine severino shana shanice shaniqua shanna shaquille shari sharon shaun shauna shawn
shawna shayla sheena sheila shelia sheri sherri sherrie sherry sheryl shirley sian sibylle sidney siebe siebren siegbert
siegfried sieglinde siegmar sienna sietse siglinde sigmund sigrid sijmen silke silvana silvia simona simone sina sinead
siobhan sioned sjaak sjoerd sjors skye slawomir socorro sofia sofie solange soledad solene solenne soline sondra sonia sonja
sonke sonya sophia sophie stacey staci stacie stanislaw stanislawa stef stefan stefania stefanie stefano steffen steffi stella
stephane stephanie stephen steve steven stijn struan sue suleyman susan susana susannah susanne susie suzanne suze suzette
sven svenja svetlana swaantje sybil sylvain sylvaine sylvester sylvette sylvia sylviane sylvie sylwia sytske szymon tabea
tabitha tadeusz tamara tami tamika tammie tammy tamsin tanguy tania tanisha tanja tanya tara tasha tatiana ted teddy tegan
teodora teodoro teofila teofilo terence teresa teri terrance terrence terri tess tessa teun tevin thea thelma theo theodor
theodore theodorus theophile theresa therese thibaud thibaut thierry thijmen thijs thilo thorben thorsten tiana tiara tiemen
tiffany tije till tilly tilman tim timmy timothee timothy tina tineke titia titouan tjark tjeerd tjitske tobias toby toine
tola tomas tomasa tomasz tommie tommy toni tonia tony tonya torben toribio torsten traci tracie traudel traute trevor tricia
trijntje trina trisha tristram trude trudy truus twan tymoteusz tyrese tyrone ulf ulla ulli ulrich ulrike ulysse unai undine
urs ursel ursula urszula uschi uta ute uwe valentina valeria valeriano valerie valery vanessa veit velma vera verena verity
verna veronica veronika veronique vicenta vicki vickie vicky victoire victoria victoriano victorine victorino viktor viktoria
vincenz vincenzo viola violaine virginia virginie virtudes vivian viviana vivien vivienne volker waclawa walburga waldemar
walentyna waleria waltraud waltraut wanda wayne wendy wenke weronika wibke wiebke wieke wieslaw wieslawa wietske wiktoria
wilco wilfred wilfried wilhelmina wilhelmine willa willem willemijn willemina willi william willie wilma winifred wioletta
wladyslawa wlodzimierz wojciech wolfgang wouter wubbo xabier xaver xavi xavier ximena yago yaiza yanira yann yannick yannik
yannis yara yasmin yente yesenia yesica yohan yolanda yolande youri youssef yusuf yvan yves yvette yvonne zacarias zachariah
zachary zainab zaira zaire zara zbigniew zdzislaw zelie zenobia zeynep zita zoe zoey zofia zuri zuzanna
"""
_FAMILY = """
abrams acevedo ackerman acosta adamczyk adams adkins aguilar aguirre ahmed akers akins albrecht albright aldridge alford
almeida alonso alston alvarez alves ames andersen anderson andersson andrade andrews arellano arias armstrong arndt arrington
arroyo ash atkins atkinson avila ayala aydin ayers baca bacon baez baird baker bakker ball ballard banks barajas baran barber
barbier barbieri barker barlow barnard barnes barnett barr barrera barron bartlett bass bassett bates battle bauer baumann
baxter beach beal bean beard beasley beatty beck becker begum belcher bell beltran bender benitez bennett berg berger bergeron
bergmann bernal bertrand best betts bianchi biggs billings bingham bird bishop black blackburn blackmon blackwell blanc
blanchard bland blankenship blanton blevins bloom blount blue boggs bohm bolden bolton bonilla bonner bonnet bos boswell
boucher bowden bower bowers bowles bowling bowman boyer boyle bradshaw bragg branch brandt braun bray brennan brewer brewster
bridges bright broussard brouwer brown browne browning brun brunet brunson bryant buchanan buckley buckner bullard bullock
bunch burch burger burgess burgos burkett burks burnett burns burrell burris bush butcher butler butts byers byrne cabrera
calderon caldwell calloway calvo camacho camp campbell campos cano cantrell cantu capps cardenas cardoso carlisle carlson
carmichael carney caron carpenter carr carrasco carrillo cartwright caruso carvalho carver case castaneda castillo castle
castro cates caudill celik cerny cervantes chamberlain chambers chan chappell chavez chen chevalier childers childress childs
choi chowdhury christensen church cisneros claes clark clarke clements clemons cline coates cobb cochran coffey coffman cohen
coker colbert coleman collier collins colombo colon colvin combs compton conklin conley conn conner connolly conti contreras
cook cooke cooley cope copeland corbett cordero cordova corley cormier cornett correa correia cortes costa costello cote
cotton couch coulter covington cowan cox crabtree craft cramer crane crawford crews crocker crockett cross crouch crow crowder
crowe crowley crum crump cruz cuevas cummings cummins cunningham curran curry dabrowska dabrowski dahl dailey daley daly
daugherty davenport davidson davies davila davison dawkins day deal deboer decker degroot dejesus dekker delacruz delarosa
delgado demir dempsey denton desmet devine devries dewit diaz dickens dickerson dickey dickinson dickson dietrich dijkstra
dillard dixon dobson dodd dodge dodson doherty dolan dominguez donahue donaldson donnelly dooley doss dotson dougherty downey
downing downs doyle draper driessen driscoll drummond duarte dubois dudek duffy dufour dukes dumas dumont dunbar dunham dunlap
dunn dupont dupree durand durham duval dvorak dwyer dye dyer eastman edmonds edwards egan egger elder elkins elmore engel
england english enriquez epps erickson eriksen eriksson escobar esparza espinosa espinoza esposito estes estrada eubanks evans
evers ewing fair farley farmer farr farrell farris faulkner faure feldman feliciano ferguson fernandes fernandez ferrara
ferrari ferreira ferrell ferris field fields figueroa finch fink fischer fish fisher fitch fitzgerald fitzpatrick flanagan
fleming fletcher flores flowers foley fontaine fontana fontenot forbes foreman fountain fournier fowler franks fraser frazier
french frey friedman fry frye fuchs fuentes fuller fulton funk gagnon gaillard gaines galindo gallagher gallego gallegos galli
galloway galvan gamble garcia gardner garner garnier garrido garza gates gauthier gautier gee gentile gerritsen gibbons gibbs
gibson giles gill gillespie gilliam gilmore giordano gipson girard giraud givens glass gleason glover godfrey godwin goff
goins goldberg golden goldman goldstein gomes gomez goncalves gonzales gonzalez good goode goodman goodwin goossens gore
gorman gorski goss gould grabowski graf graves greene greenwood griffith griggs grimes grimm gross grosse grove groves grubbs
gruber guerin guerra guerrero guidry gunn gupta gustafson gustafsson guthrie gutierrez guzman haas hagan hagen hager hahn
haines hairston hale hall ham hamilton hamlin hamm hammond hancock hand haney hankins hansen hanson harden hardin hardy
hargrove harmon harrell harrington harris hartley hartman hartmann haskins hastings hatch hatcher hatfield hathaway haugen
hawkins haynes hays head heard hebert hedrick heller helms helton henderson hendrickson hendriks hensley henson hernandez
herrera herring herrmann herron hess hewitt hickey hickman hicks higgins hightower hill hilliard hines hinkle hinson hinton
hobbs hodge hodges hoekstra hofer hoffman hoffmann hofmann hogan holbrook holcomb holden holder holliday hollingsworth
holloway holman holmes holt hood hooks hooper hoover hopkins hopper horak horn horne horner horton hoskins house houser howe
howell huang hubbard huber huerta huffman huggins hughes huisman hunt hurd hurley hurst hurt hussain hutchins hutchinson
hutchison hyde ibarra iglesias ingram inman ivanov jablonski jacobs jacobson jager jankowski jansen janssen jaramillo jaworski
jeffers jeffries jenkins jennings jensen jimenez johansen johansson johns johnsen johnson johnston joiner joly jones jonsson
joyner juarez kaczmarek kaiser kaminska kaminski kaplan karlsen karlsson katz kaufman kavanagh kaya keen keller kemp kenney
kern kessler key keys khan kidd kilgore kimball kinney kirkland kirkpatrick klein kline knapp knight knowles koch kohler kok
konig korhonen koster kowalczyk kowalska kowalski kozlowska kozlowski kramer kraus krause krawczyk kristensen kristiansen krol
krueger kruger kucera kuhn kuiper kuipers kurtz kwiatkowski lackey ladner laird lake lam lamb lambert lancaster land landers
lang lange langford langley larkin larsen larsson latham law lay leach leblanc ledbetter lefebvre lefevre legrand lehman
lehmann lemaire leroux leroy levine levy lewandowska lewandowski lindberg lindner lindstrom link little liu livingston locke
lockett lockhart lockwood lombardi longo lopes lopez lord lorenz lott lovell lovett lowe lowery lowry lozano lucero lugo lund
lutz lyles lynch lyon maas macdonald macias mackenzie mackey madden madsen maes magee mahoney maier majewski makinen maldonado
malinowski maloney mancini manley mann manning mansfield marchand marcum mariani marino marks marques marquez marrero marsh
martens martinelli martinez martini martins massey masson mata mathews mayer mayes mayfield mayo mays mazur mcallister mcbride
mccabe mccain mccall mccann mccarthy mccarty mccauley mcclain mcclellan mcclendon mcclure mccollum mcconnell mccord mccormick
mccray mccullough mcdaniel mcdermott mcdonald mcdonough mcdowell mcelroy mcfadden mcfarland mcgee mcghee mcgill mcginnis
mcgowan mcgrath mcgraw mcguire mcintosh mcintyre mckay mckee mckenna mckinney mcknight mclaughlin mclean mcleod mcmahon
mcmanus mcmillan mcmullen mcnair mcnamara mcneal mcneil mcneill mcpherson mcqueen mcrae mcwilliams mead meade meadows medina
meeks meier meijer mejia melendez melton mendes mendez mendoza mercado mercier mertens messer metcalf metz meunier meyer
meyers meza michalak michalski michaud middleton miller milligan mills mims miner minor mitchell mobley molina moller montano
monteiro montes montoya moon mooney moore morales moran moreau moreira morel moreno moretti morin morris morrison morrow morse
moseley moser mosley moss moyer mueller mulder mullen muller mullins muniz munoz murdock murillo murphy myers nadeau nance
navarro nelson nemec neumann newell newman newsome nguyen nichols nicholson nielsen nieminen nilsen nilsson nix nixon norwood
novak novotny nowak nowicki nunes nunez obrien ochoa oconnell oconnor odonnell ohara oliveira olsen olson olsson olszewski
oneal oneil oneill orozco orr ortega ortiz osborn ostrowski ott overton ozturk pace pacheco padgett padilla pagan painter
palacios palmer papadopoulos parham park parrish parsons pate patel patterson patton pawlak pawlowski payne peacock pearce
peck pedersen peeters pelletier pena penn pennington peoples pereira perez perkins perrin persson peters petersen peterson
petit petrov pettersen pettersson petty pfeiffer pham phillips phipps picard pichler pickett pierson pietrzak pike pineda
pinto piotrowski pittman pitts platt plummer pohl polk pollard pollock ponce poole pope popov posey postma potter potts powell
powers prater prieto prins pritchard pritchett prochazka proctor pruitt pryor puckett pugh purcell putnam quick quinones
quintana quintero raines rainey ramey ramirez ramos rangel rankin rasmussen ratliff redmond reece reeves reilly renard reyes
reynolds ribeiro ricci rice richards richardson richey richmond richter ricks riddle riggs rinaldi ritchie ritter rivas rivera
rivers riviere rizzo roach robbins roberson roberts robertson robinson robison robles rocha roche rock rodgers rodrigues
rodriguez rodriquez roe rogers rollins romano roper rosado rosas rosen rosenberg rossi roth rouse rousseau roussel roux
rowland rubio rucker ruffin ruiz rushing russo rutherford rutkowski rutledge sadler saenz sahin salazar salgado salinas
samuels sanchez sanders sanderson sandoval santoro santos sanz sargent sauer schaefer schafer schmid schmidt schmitt schmitz
schneider scholten scholz schouten schreiber schroder schroeder schubert schultz schulz schulze schumacher schuster schwartz
schwarz scruggs seals sears segura seidel self sellers serrano sewell sexton shafer shaffer sharma sharp sharpe sheehan
sheffield shepard shepherd sheppard shields shoemaker shook short sidorov sikora silva silver simmons simms simons simpson
sims sinclair singer singh singleton sizemore slater slaughter small smart smiley smit smith smits sneed snell snider snow
snyder soares sorensen sosa sparks spaulding spears spence spivey sprague springer stafford stapleton stark starks steele
stein steiner stephens stephenson stepien stern stevens stevenson stiles stinson stokes story stout stover stratton street
strickland stringer strong stroud stubbs suarez suggs sullivan summers sumner sutherland svensson svoboda swain swan swanson
swartz sweeney sweet swift sykes szewczyk szymanska szymanski talley tapia teague teixeira thacker thomason thompson thomson
thornton thorpe tidwell tillman timmermans timmons tipton tolbert tomaszewski tomlinson tompkins torres townsend tran tripp
trotter trujillo turner tuttle underwood valdez valenzuela vandijk vang vargas vasquez vazquez veenstra vela velasquez velez
verhoeven vermeulen vesely vickers vidal vieira vigil villa villanueva villarreal villegas vinson virtanen visser vitale vogel
vogt voigt vos voss waddell wagner walczak walden walker wall waller walls walsh walters wang ward ware waters watkins watson
watts webb webber weber weeks weiss welch welsh whaley wheeler white whitehead whitfield wieczorek wiggins wilcox wilder
wilkerson wilkins wilkinson willems williams williamson wills wilson wimmer winkler winn winters wise wiseman wisniewska
wisniewski witkowski witt wojcik wolf wolters womack wong wood woodard woodruff woods woodson woodward wooten workman worley
wouters wozniak wright wrobel wynn yarbrough yeager yildiz yilmaz yoder zajac zavala zhang ziegler zielinska zielinski
zimmermann zuniga
"""


_EVERYDAY_GIVEN, _EVERYDAY_FAMILY = frozenset(_GIVEN.split()), frozenset(_FAMILY.split())
# Letters that do not come apart into a plain one and an accent.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i", "'": "", "\u2019": ""})


def is_given_name(word: str) -> bool:
    """Say whether `word` (small letters without accents) is known as a given name, and not as a family name."""
    return word.translate(_PLAIN) in _EVERYDAY_GIVEN


def is_family_name(word: str) -> bool:
    return word.translate(_PLAIN) in _EVERYDAY_FAMILY
