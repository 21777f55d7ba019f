"""The vocabulary people, places and shops are built from; every list was written for this generator.

Lists are ordered from common to rare: the order is the rank that the skewed draw uses. Stems and endings are combined into a
long tail, because a country has thousands of surnames and towns and a few hundred words can stand for them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWords:
    """Given names by gender, common surnames, and the parts that the rare surnames are made of."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    surnames: tuple[str, ...]
    stems: tuple[str, ...]
    endings: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


_ENGLISH_STEMS = _split(
    "Ash Black Brad Bram Brook Broad Can Carl Chal Clay Cran Cress Dal Dray El Fair Farn Glad Gras Hal Hard Hart Hazel Hol "
    "Horn Kings Lang Leigh Lin Lock Mar Mel Mid Mor Nor Oak Old Pem Pres Quar Rad Rams Red Ro Rush Sel Shel Stan Staple Stock "
    "Sut Thorn Tid Wal Wen Whit Win Wood Wool Wyn Yar",
)
_ENGLISH_ENDINGS = _split("ton ford ley field wood worth well by ham den combe more stead land")

NAMES: dict[str, NameWords] = {
    "en": NameWords(
        female=_split(
            "Margaret Sarah Emma Elizabeth Susan Olivia Charlotte Amelia Jessica Laura Catherine Rebecca Hannah Helen Jennifer "
            "Alice Grace Sophie Chloe Lucy Victoria Patricia Rachel Joanna Nicola Karen Christine Deborah Megan Isabella "
            "Abigail Eleanor Ruby Freya Holly Martha Rose Georgia Daisy Zoe Natalie Claire Fiona Heather Pamela Judith Theresa "
            "Samantha Alexandra Caroline Priya Aisha Gwendolyn Imogen Harriet Bethany Tabitha Rosalind Winifred Mabel Beatrice "
            "Dorothy Evelyn Florence Matilda Nadia Phoebe Sylvia Tamsin Yvonne",
        ),
        male=_split(
            "James William Robert Thomas David Michael John Richard Daniel Matthew Andrew Christopher Joseph Edward George "
            "Samuel Benjamin Alexander Jonathan Nicholas Anthony Stephen Peter Oliver Harry Jack Henry Charles Philip Simon "
            "Timothy Gregory Patrick Kenneth Ronald Frederick Lewis Nathan Luke Adam Ryan Liam Noah Ethan Callum Connor Dylan "
            "Jacob Isaac Theodore Arthur Walter Albert Leonard Stanley Rupert Gareth Neil Graham Douglas Raj Omar Hassan "
            "Tobias Quentin Barnaby Jasper Felix Desmond Winston",
        ),
        surnames=_split(
            "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green "
            "Hall Wood Jackson Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Davis Rogers Cooper Bailey Parker "
            "Harris Morgan King Baker Carter Turner Hill Scott Edwards Collins Stewart Morris Murphy Cook Bell Ward Watson "
            "Hughes Gray Hunt Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Barker Fisher Stevens Jenkins Murray "
            "Dixon "
            "Harvey Graham Fletcher Gibson Howard Andrews Elliott Reynolds Ford Payne Fox Pearce Day West Lawrence Cole "
            "Atkinson Spencer O'Neill O'Connor MacLeod McKenzie Begum Hussain Ali Singh Osei Adeyemi Nguyen Chen",
        ),
        stems=_ENGLISH_STEMS,
        endings=_ENGLISH_ENDINGS,
    ),
    "us": NameWords(
        female=_split(
            "Jennifer Mary Linda Patricia Elizabeth Barbara Jessica Sarah Karen Ashley Emily Michelle Amanda Melissa Stephanie "
            "Rebecca Laura Madison Abigail Samantha Olivia Sophia Isabella Ava Mia Hannah Brianna Alexis Kayla Nicole Megan "
            "Brittany Danielle Heather Tiffany Amber Crystal Vanessa Monica Maria Guadalupe Rosa Carmen Destiny Jasmine "
            "Aaliyah "
            "Imani Keisha Latoya Savannah Harper Addison Riley Peyton Kennedy Skylar Autumn Brooke Paige Whitney Courtney "
            "Marisol Esperanza Priscilla Roberta Wanda",
        ),
        male=_split(
            "Michael James John Robert William David Christopher Joseph Joshua Matthew Daniel Anthony Andrew Ryan Brandon "
            "Tyler "
            "Justin Kevin Jason Brian Eric Timothy Jeffrey Steven Kenneth Gregory Jonathan Nicholas Zachary Austin Dylan Logan "
            "Mason Jacob Ethan Noah Aiden Jayden Jose Juan Carlos Luis Miguel Alejandro Darnell Malik Terrence Marcus Andre "
            "Curtis Wayne Randall Chad Brett Travis Cody Hunter Chase Blake Wesley Preston Trevor Garrett Emmett Roscoe",
        ),
        surnames=_split(
            "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
            "Anderson "
            "Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker "
            "Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Rivera Campbell Mitchell Carter "
            "Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook "
            "Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson "
            "Brooks "
            "Chavez Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez",
        ),
        stems=(*_ENGLISH_STEMS, *_split("Stein Gold Berg Lund Swan Erik Ander Zim Klein Rosen")),
        endings=(*_ENGLISH_ENDINGS, *_split("man berg son quist")),
    ),
    "de": NameWords(
        female=_split(
            "Anna Maria Ursula Monika Petra Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea Gisela Claudia Susanne "
            "Gabriele "
            "Christa Christine Hildegard Julia Katharina Laura Lena Lea Hannah Mia Emma Sophie Marie Johanna Stefanie Nicole "
            "Katrin Heike Martina Angelika Birgit Silke Anja Ute Franziska Charlotte Frieda Greta Jana Kerstin Melanie Nadine "
            "Antje Bärbel Elfriede Liesel Jördis Käthe Ayşe Elif Svetlana Agnieszka",
        ),
        male=_split(
            "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter Manfred "
            "Gerhard Hans Bernd Thorsten Matthias Helmut Walter Heinz Martin Jörg Rolf Jens Sven Alexander Jan Rainer Holger "
            "Karl Dirk Joachim Ralf Carsten Herbert Oliver Wilhelm Kurt Markus Heinrich Maximilian Paul Leon Lukas Felix Jonas "
            "Elias Finn Noah Friedrich Götz Sönke Detlef Mehmet Mustafa Piotr",
        ),
        surnames=_split(
            "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf "
            "Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause Meier "
            "Lehmann "
            "Schmid Schulze Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung "
            "Hahn "
            "Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster "
            "Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt "
            "Y\u0131lmaz Kaya Öztürk Nowak",
        ),
        stems=_split(
            "Linden Eichen Buchen Stein Rosen Birken Holz Wald Berg Tal Feld Acker Mühl Bach Brück Kirch Burg Schön Neu Alt "
            "Ober "
            "Unter Hinter Kalten Grün Roten Weiden Erlen Hasel Apfel Korn Gersten Wein Gold Silber Eisen Kupfer Oster Wester "
            "Nieder",
        ),
        endings=_split("mann bach berg hofer meier feld müller bauer huber brink kamp reuter hauer ner"),
    ),
    "nl": NameWords(
        female=_split(
            "Johanna Maria Anna Cornelia Wilhelmina Elisabeth Sanne Lotte Femke Anouk Marieke Fleur Iris Eva Julia Emma Sophie "
            "Tess Roos Lieke Noor Saar Fenna Jasmijn Mirjam Esther Linda Monique Ingrid Petra Annemarie Hendrika Jolanda "
            "Saskia "
            "Wendy Manon Floor Maud Britt Evi Marloes Inge Karin Ilse Nienke Fatima Naima Gerda Truus Geertje",
        ),
        male=_split(
            "Johannes Jan Pieter Hendrik Cornelis Willem Jeroen Daan Sem Lucas Thijs Bram Lars Ruben Sander Bas Maarten Joost "
            "Koen Stijn Niels Tim Jasper Rob Erik Marcel Martijn Dennis Wouter Frank Gerard Theo Kees Piet Klaas Sjoerd Jelle "
            "Teun Gijs Mees Finn Noud Casper Floris Ewout Mohamed Youssef Dirk Hugo Rutger",
        ),
        surnames=(
            *_split(
                "de_Jong Jansen de_Vries van_den_Berg van_Dijk Bakker Janssen Visser Smit Meijer de_Boer Mulder de_Groot Bos "
                "Vos "
                "Peters Hendriks van_Leeuwen Dekker Brouwer de_Wit Dijkstra Smits de_Graaf van_der_Meer Kok Jacobs "
                "van_der_Linden "
                "Vermeulen de_Haan van_den_Heuvel van_der_Veen van_den_Broek Schouten van_Beek Willems van_Vliet van_de_Ven "
                "Hoekstra Maas Verhoeven Koster van_Dam Prins Blom Huisman Peeters de_Bruin Kuipers Veenstra Post Kuiper "
                "Postma "
                "Scholten Gerritsen Timmermans Martens Evers Driessen Kramer Wolters El_Amrani Yilmaz",
            ),
        ),
        stems=_split(
            "Hoek Veld Dijk Brink Heer Noord Zuid Ooster Wester Bosch Molen Kerk Berg Bloem Water Ven Zand Meer Wal Schip "
            "Steen "
            "Linden Eik Beuk Wilgen Rooi Groen Zwart Zilver Konings Ridder Vijver Paal Plas Sluis",
        ),
        endings=_split("stra sma mans huis sen kamp man horst veld beek"),
    ),
    "fr": NameWords(
        female=_split(
            "Marie Nathalie Isabelle Sylvie Catherine Françoise Martine Christine Monique Valérie Sandrine Véronique Nicole "
            "Stéphanie Sophie Céline Chantal Patricia Anne Brigitte Julie Aurélie Laurence Émilie Camille Léa Manon Chloé Emma "
            "Inès Jade Louise Alice Zoé Hélène Jacqueline Élodie Audrey Mélanie Pauline Margaux Mathilde Clémence Delphine "
            "Noémie Élise Odette Simone Geneviève Anne-Marie Marie-Claude Fatima Yasmine Aïcha Maëlle Solène",
        ),
        male=_split(
            "Jean Philippe Michel Alain Patrick Nicolas Christophe Pierre Christian Éric Frédéric Laurent Stéphane David "
            "Pascal "
            "Daniel Alexandre Julien Thierry Olivier Bernard Thomas Sébastien Gérard Didier Dominique Vincent François Bruno "
            "Guillaume Jérôme Jacques Marc Maxime Romain Claude Antoine Franck Jean-Pierre Jean-Luc Benoît Mathieu Hugo Lucas "
            "Louis Gabriel Raphaël Théo Baptiste Clément Rémi Loïc Yann Mohamed Karim Aurélien Gaëtan Hervé Étienne",
        ),
        surnames=_split(
            "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David "
            "Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier "
            "Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry "
            "Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard "
            "Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin "
            "Vidal Caron Picard Benali Diallo Traoré",
        ),
        stems=_split(
            "Beau Mont Char Gui Ber Cour Del Du Fav Gal Har Jac Lan Mal Mar Nav Or Per Pou Rab Roch Sal Sav Tail Tour Val Vern "
            "Vill Bois Champ Font Grand Clair Fleur Pasc Ros Mor Ram Cham Ben",
        ),
        endings=_split("eau ier ard et on ault ot in elle and oux ac"),
    ),
    "pl": NameWords(
        female=_split(
            "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Zofia Monika Teresa "
            "Danuta "
            "Natalia Julia Karolina Marta Beata Dorota Halina Jadwiga Janina Alicja Jolanta Grażyna Iwona Irena Paulina "
            "Justyna "
            "Zuzanna Hanna Bożena Renata Urszula Aleksandra Hanna Lena Maja Wiktoria Sylwia Patrycja Kinga Aneta Ilona "
            "Weronika",
        ),
        male=_split(
            "Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Jakub Adam Stanisław Marek Łukasz Grzegorz Mateusz "
            "Wojciech "
            "Mariusz Dariusz Zbigniew Maciej Rafał Robert Jerzy Kamil Jacek Józef Dawid Tadeusz Ryszard Szymon Kacper Bartosz "
            "Jarosław Sławomir Artur Mirosław Henryk Sebastian Patryk Damian Przemysław Filip Daniel Karol Roman Witold Leszek",
        ),
        surnames=_split(
            "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski "
            "Mazur Jankowski Kwiatkowski Wojciechowski Krawczyk Kaczmarek Piotrowski Grabowski Zając Pawłowski Król Michalski "
            "Wróbel Wieczorek Jabłoński Nowakowski Majewski Olszewski Dudek Stępień Jaworski Malinowski Adamczyk Górski "
            "Nowicki Pawlak Witkowski Sikora Walczak Rutkowski Baran Michalak Szewczyk Ostrowski Tomaszewski Pietrzak Duda",
        ),
        stems=_split(
            "Bor Brzoz Cis Dęb Gaj Grab Jał Jasion Klon Krak Kras Leszcz Lip Lub Łąk Mal Mod Ols Ostr Per Pol Rad Rok Sad Sarn "
            "Sos Staw Szczep Topol Warsz Wierzb Wilk Wron Zab Zal Zar Żuk Żur",
        ),
        endings=_split("owski ewski iński czyk ak ek owicz icki arz ik"),
    ),
    "es": NameWords(
        female=_split(
            "María Carmen Ana Isabel Laura Cristina Marta Dolores Lucía Pilar Elena Sara Paula Raquel Rosa Beatriz Silvia "
            "Patricia "
            "Mercedes Julia Irene Andrea Rocío Alba Sofía Mónica Nuria Montserrat Yolanda Inmaculada Sonia Teresa Claudia "
            "Noelia "
            "Alicia Nerea Daniela Encarnación Esperanza Ángela Begoña Amaia Ainhoa Eugenia Valeria Consuelo",
        ),
        male=_split(
            "Antonio José Manuel Francisco David Juan Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel "
            "Sergio "
            "Fernando Jorge Luis Alberto Álvaro Diego Adrián Raúl Enrique Iván Rubén Ramón Óscar Andrés Vicente Joaquín "
            "Santiago "
            "Eduardo Víctor Mario Roberto Jaime Marcos Ignacio Hugo Jordi Iker Gonzalo Emilio Salvador Nicolás Tomás",
        ),
        surnames=_split(
            "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno "
            "Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina "
            "Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Castillo Santos "
            "Lozano Guerrero Cano Prieto Méndez Cruz Calvo Gallego Vidal León Márquez Herrera Peña Flores Cabrera Campos Vega",
        ),
        stems=(),
        endings=(),
    ),
}

# Short forms that people really give at a till; the full name is the truth.
NICKNAMES: dict[str, tuple[str, ...]] = {
    name: tuple(short.split("/"))
    for name, _, short in (
        entry.partition(":")
        for entry in _split(
            "Margaret:Maggie/Peggy/Meg Elizabeth:Liz/Beth/Betty/Lizzie Susan:Sue/Susie Jessica:Jess Catherine:Kate/Cathy/Katie "
            "Rebecca:Becky/Becca Jennifer:Jen/Jenny Victoria:Vicky/Tori Patricia:Pat/Trish/Patty Rachel:Rach Joanna:Jo "
            "Christine:Chris/Chrissie Deborah:Debbie/Deb Abigail:Abby Eleanor:Ellie/Nell Samantha:Sam Alexandra:Alex/Sandra "
            "Caroline:Caro Charlotte:Lottie/Charlie Isabella:Bella/Izzy Dorothy:Dot Theresa:Tess Pamela:Pam Judith:Judy "
            "James:Jim/Jimmy/Jamie William:Bill/Will/Billy/Liam Robert:Bob/Rob/Bobby Thomas:Tom/Tommy David:Dave "
            "Michael:Mike/Mick "
            "John:Jack/Johnny Richard:Rick/Dick/Rich Daniel:Dan/Danny Matthew:Matt Andrew:Andy/Drew Christopher:Chris/Kit "
            "Joseph:Joe Edward:Ed/Ted/Ned Samuel:Sam Benjamin:Ben Alexander:Alex/Sandy Jonathan:Jon Nicholas:Nick Anthony:Tony "
            "Stephen:Steve Steven:Steve Peter:Pete Henry:Harry/Hal Charles:Charlie/Chuck Timothy:Tim Gregory:Greg "
            "Patrick:Pat/Paddy "
            "Kenneth:Ken Ronald:Ron Frederick:Fred/Freddie Nathan:Nate Jeffrey:Jeff Joshua:Josh Zachary:Zach Theodore:Theo/Ted "
            "Jacob:Jake Linda:Lyn Barbara:Barb/Babs Amanda:Mandy Melissa:Mel Stephanie:Steph Michelle:Shelly "
            "Katharina:Kathi/Käthe "
            "Ursula:Uschi Susanne:Susi Gabriele:Gabi Hildegard:Hilde Johanna:Hanna/Jo Stefanie:Steffi Franziska:Franzi "
            "Petra:Peti "
            "Andreas:Andi Wolfgang:Wolf Günter:Günni Stefan:Steff Hans:Hannes Matthias:Matze Joachim:Jochen/Achim "
            "Maximilian:Max "
            "Heinrich:Heiner Friedrich:Fritz Wilhelm:Willi Karl:Kalle Wilhelmina:Willemijn/Mina Elisabeth:Els/Lies/Lisa "
            "Cornelia:Corrie Johannes:Hans/Jan Hendrik:Henk Pieter:Piet Cornelis:Kees Willem:Wim Sander:San Jeroen:Jer "
            "Nathalie:Nath Isabelle:Isa Catherine:Cathy Véronique:Véro Stéphanie:Steph Philippe:Phil Christophe:Chris "
            "Nicolas:Nico Frédéric:Fred Alexandre:Alex Sébastien:Seb Guillaume:Guy Maxime:Max Mathieu:Mat Katarzyna:Kasia "
            "Małgorzata:Gosia Agnieszka:Aga Elżbieta:Ela Magdalena:Magda Joanna:Asia Krystyna:Krysia Aleksandra:Ola "
            "Krzysztof:Krzyś Tomasz:Tomek Paweł:Pawełek Stanisław:Staszek Jakub:Kuba Wojciech:Wojtek Grzegorz:Grzesiek "
            "Francisco:Paco José:Pepe Dolores:Lola Manuel:Manolo Antonio:Toño Carmen:Menchu Isabel:Isa Fernando:Nando",
        )
    )
}
