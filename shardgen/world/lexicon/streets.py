"""Street names by locale, without house number: our own words, because Faker's are assembled from personal names.

A pattern stands for every pair of its two word lists, joined by its joint; the patterns of a locale add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetPattern:
    """All street names ``first + joint + second``."""

    firsts: tuple[str, ...]
    """What comes first: the particular name (``"Linden"``) or the kind of street (``"rue"``)."""
    joint: str
    """Between the two: a space or nothing."""
    seconds: tuple[str, ...]
    """What comes last: the kind of street (``"straße"``) or the particular name (``"de la Paix"``)."""


_ENGLISH_TREES = ("Ash", "Beech", "Birch", "Cedar", "Chestnut", "Elm", "Hawthorn", "Hazel", "Holly", "Laurel", "Maple")
_GERMAN_NATURE = (
    *(
        "Ahorn",
        "Akazien",
        "Birken",
        "Buchen",
        "Eichen",
        "Erlen",
        "Eschen",
        "Fichten",
        "Flieder",
        "Kastanien",
        "Kiefern",
    ),
    *("Lerchen", "Linden", "Nelken", "Pappel", "Rosen", "Tannen", "Tulpen", "Ulmen", "Veilchen", "Weiden", "Amsel"),
    *("Drossel", "Finken", "Meisen", "Schwalben", "Berg", "Bach", "Brunnen", "Feld", "Garten", "Mühlen", "Wald"),
    *("Wiesen", "Sonnen", "Schiller", "Goethe", "Mozart", "Beethoven", "Haydn", "Schubert"),
)
_SPANISH_TREES = ("los Álamos", "los Cedros", "los Fresnos", "los Laureles", "los Olivos", "los Pinos", "las Rosas")

STREETS: Mapping[str, tuple[StreetPattern, ...]] = {
    "en_US": (
        StreetPattern(
            firsts=(
                *_ENGLISH_TREES,
                *(
                    "Aspen",
                    "Cherry",
                    "Cottonwood",
                    "Cypress",
                    "Dogwood",
                    "Hickory",
                    "Magnolia",
                    "Oak",
                    "Pine",
                    "Poplar",
                ),
                *("Spruce", "Sycamore", "Walnut", "Willow", "Church", "College", "Forest", "Franklin", "Highland"),
                *("Hillcrest", "Jackson", "Jefferson", "Lake", "Lakeview", "Liberty", "Lincoln", "Madison", "Meadow"),
                *("Mill", "Monroe", "Orchard", "Park", "Prospect", "Ridge", "River", "Spring", "Sunset", "Valley"),
                *("Washington", "Wilson", "Woodland"),
            ),
            joint=" ",
            seconds=("Street", "Avenue", "Road", "Drive", "Lane", "Court"),
        ),
        StreetPattern(
            firsts=("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th", "11th", "12th"),
            joint=" ",
            seconds=("Street", "Avenue"),
        ),
    ),
    "en_CA": (
        StreetPattern(
            firsts=(
                *_ENGLISH_TREES,
                *("Albert", "Charlotte", "Church", "Dominion", "Dufferin", "Elgin", "George", "King", "Lakeshore"),
                *("Main", "Mill", "Oak", "Park", "Pine", "Poplar", "Princess", "Queen", "Richmond", "River", "Simcoe"),
                *("Spruce", "Station", "Tamarack", "Victoria", "Walnut", "Waterloo", "Wellington", "William", "Willow"),
            ),
            joint=" ",
            seconds=("Street", "Avenue", "Road", "Drive", "Crescent", "Lane"),
        ),
    ),
    "en_GB": (
        StreetPattern(
            firsts=(
                *_ENGLISH_TREES,
                *("Abbey", "Albert", "Alexandra", "Bridge", "Castle", "Church", "Clarence", "Cromwell", "Grange"),
                *("Green", "Grove", "Kingsley", "Lime", "Manor", "Mill", "Nelson", "Northfield", "Oak", "Orchard"),
                *(
                    "Park",
                    "Priory",
                    "Queens",
                    "Rectory",
                    "Richmond",
                    "School",
                    "Southfield",
                    "Springfield",
                    "St John's",
                ),
                *("Station", "Vicarage", "Victoria", "Waterloo", "Wellington", "Westfield", "Windsor", "York"),
            ),
            joint=" ",
            seconds=("Road", "Street", "Lane", "Avenue", "Close", "Drive", "Gardens"),
        ),
    ),
    "en_AU": (
        StreetPattern(
            firsts=(
                *_ENGLISH_TREES,
                *("Acacia", "Albert", "Banksia", "Bay", "Beach", "Bridge", "Charles", "Church", "Edward", "Elizabeth"),
                *("George", "Grevillea", "Hill", "Jacaranda", "King", "Lake", "Macquarie", "Mitchell", "Ocean", "Park"),
                *(
                    "Queen",
                    "Railway",
                    "River",
                    "Station",
                    "Sturt",
                    "Valley",
                    "Victoria",
                    "Waratah",
                    "Wattle",
                    "William",
                ),
            ),
            joint=" ",
            seconds=("Street", "Road", "Avenue", "Drive", "Court", "Crescent", "Parade"),
        ),
    ),
    "en_IE": (
        StreetPattern(
            firsts=(
                *_ENGLISH_TREES,
                *("Abbey", "Bridge", "Castle", "Chapel", "Church", "College", "Emmet", "Friary", "Grattan", "Harbour"),
                *("Kilmore", "Lough", "Mill", "Oak", "Orchard", "Parnell", "Patrick", "Pearse", "Priory"),
                *("River", "Shannon", "Spring", "St Brigid's", "St Mary's", "Station", "Strand", "Tower", "Wolfe Tone"),
            ),
            joint=" ",
            seconds=("Street", "Road", "Avenue", "Terrace", "Park", "Drive"),
        ),
    ),
    "de_DE": (
        StreetPattern(firsts=_GERMAN_NATURE, joint="", seconds=("straße", "weg", "allee")),
        StreetPattern(
            firsts=(
                *("Bahnhof", "Burg", "Gerber", "Haupt", "Industrie", "Jahn", "Kant", "Kirch", "Lessing", "Luther"),
                *("Markt", "Post", "Rathaus", "Ring", "Schloss", "Schmied", "Schul", "See", "Tal"),
                *("Uhland", "Ufer", "Wasser", "Weber", "Ziegel"),
            ),
            joint="",
            seconds=("straße",),
        ),
        StreetPattern(
            firsts=(
                "Dresdner",
                "Münchner",
                "Berliner",
                "Hamburger",
                "Leipziger",
                "Kölner",
                "Frankfurter",
                "Stuttgarter",
            ),
            joint=" ",
            seconds=("Straße", "Allee", "Ring"),
        ),
    ),
    "de_AT": (
        StreetPattern(firsts=_GERMAN_NATURE, joint="", seconds=("straße", "gasse", "weg")),
        StreetPattern(
            firsts=(
                *("Bahnhof", "Burg", "Dorf", "Haupt", "Kirchen", "Markt"),
                *("Post", "Raiffeisen", "Rathaus", "Schloss", "Schul", "See"),
            ),
            joint="",
            seconds=("straße",),
        ),
        StreetPattern(
            firsts=("Grazer", "Kärntner", "Linzer", "Salzburger", "Tiroler", "Wiener"), joint=" ", seconds=("Straße",)
        ),
    ),
    "fr_FR": (
        StreetPattern(
            firsts=("rue", "avenue", "boulevard", "place"),
            joint=" ",
            seconds=(
                *("de la Paix", "de la République", "de la Liberté", "de la Gare", "de la Fontaine", "de la Victoire"),
                *("de l'Église", "de l'Europe", "de Verdun", "de Strasbourg", "de Bretagne", "de Paris", "des Lilas"),
                *(
                    "des Tilleuls",
                    "des Acacias",
                    "des Écoles",
                    "du Général de Gaulle",
                    "du Maréchal Foch",
                    "Victor Hugo",
                ),
                *("Jean Jaurès", "Jean Moulin", "Jules Ferry", "Pasteur", "Gambetta", "Émile Zola", "Voltaire"),
                *("Anatole France", "Aristide Briand", "Albert Camus", "Claude Debussy", "Marcel Pagnol", "Carnot"),
                *("Marie Curie", "George Sand", "Georges Clemenceau", "Lamartine", "Molière", "Saint-Exupéry"),
            ),
        ),
        StreetPattern(
            firsts=("rue", "chemin", "impasse", "allée"),
            joint=" ",
            seconds=(
                *("des Vignes", "des Prés", "des Jardins", "des Roses", "des Cerisiers", "des Noyers", "des Peupliers"),
                *("des Champs", "du Moulin", "du Château", "du Lavoir", "du Stade", "du Verger", "de la Forêt"),
                *("de la Prairie", "des Marronniers", "des Hirondelles", "des Mésanges"),
            ),
        ),
    ),
    "fr_CA": (
        StreetPattern(
            firsts=("rue", "avenue", "boulevard", "chemin"),
            joint=" ",
            seconds=(
                *("Saint-Denis", "Saint-Laurent", "Sainte-Catherine", "Saint-Joseph", "Saint-Jean", "Saint-Louis"),
                *("Sainte-Foy", "Saint-Hubert", "Saint-Urbain", "Sainte-Anne", "Saint-Charles", "Sainte-Geneviève"),
                *("Papineau", "Cartier", "Champlain", "Frontenac", "Montcalm", "Laurier", "Lévesque", "Taschereau"),
                *(
                    "Maisonneuve",
                    "Jeanne-Mance",
                    "Marguerite-Bourgeoys",
                    "Gabrielle-Roy",
                    "Émile-Nelligan",
                    "Félix-Leclerc",
                ),
                *("Honoré-Mercier", "Lionel-Groulx", "Jean-Talon", "Hochelaga", "Iberville", "Rachel", "Marie-Anne"),
                *("du Mont-Royal", "de la Montagne", "du Fleuve", "des Érables", "des Bouleaux", "des Pins", "du Parc"),
            ),
        ),
        StreetPattern(
            firsts=("rue", "rang", "côte", "place"),
            joint=" ",
            seconds=(
                *(
                    "des Trembles",
                    "des Cèdres",
                    "des Sapins",
                    "des Mélèzes",
                    "des Merisiers",
                    "du Moulin",
                    "de la Rivière",
                ),
                *("de l'Église", "de la Fabrique", "du Manoir", "du Vieux-Port", "des Seigneurs", "des Patriotes"),
                *("des Ursulines", "des Récollets", "de la Grande-Allée", "du Cap-Diamant", "des Voyageurs"),
                *("du Lac", "des Outardes", "de la Savane", "du Belvédère", "des Bernaches", "de la Cabane"),
            ),
        ),
    ),
    "it_IT": (
        StreetPattern(
            firsts=("Via", "Viale", "Piazza"),
            joint=" ",
            seconds=(
                *("Garibaldi", "Mazzini", "Cavour", "Dante Alighieri", "Verdi", "Puccini", "Rossini", "Vivaldi"),
                *("Leonardo da Vinci", "Michelangelo", "Galileo Galilei", "Alessandro Manzoni", "Giacomo Leopardi"),
                *("Guglielmo Marconi", "Giacomo Matteotti", "Aldo Moro", "Enrico Fermi", "Cristoforo Colombo"),
                *("Marco Polo", "Roma", "Milano", "Torino", "Venezia", "Trento", "Trieste", "della Libertà"),
                *("della Repubblica", "della Vittoria", "dei Mille", "Europa", "Italia", "IV Novembre", "XXV Aprile"),
            ),
        ),
        StreetPattern(
            firsts=("Via", "Vicolo"),
            joint=" ",
            seconds=(
                *(
                    "San Francesco",
                    "San Giovanni",
                    "San Marco",
                    "San Martino",
                    "Santa Lucia",
                    "Santa Maria",
                    "del Mulino",
                ),
                *(
                    "del Ponte",
                    "del Pozzo",
                    "della Chiesa",
                    "della Fontana",
                    "della Stazione",
                    "delle Rose",
                    "dei Fiori",
                ),
                *("degli Ulivi", "dei Pini", "dei Tigli", "delle Acacie", "delle Scuole", "Nuova", "del Castello"),
            ),
        ),
    ),
    "es_ES": (
        StreetPattern(
            firsts=("Calle", "Avenida", "Plaza", "Paseo"),
            joint=" ",
            seconds=(
                *("de la Constitución", "de la Libertad", "de la Paz", "de España", "de Europa", "de América"),
                *("de Andalucía", "de Aragón", "de Cataluña", "de Castilla", "de Cervantes", "de Goya", "de Velázquez"),
                *("de Colón", "del Sol", "del Mar", "del Carmen", "del Pilar", "de San Juan", "de San Antonio"),
                *("de San Miguel", "de San Pedro", "de Santiago", "de Santa Ana", "de las Flores", "de la Fuente"),
                *("de la Estación", "de la Iglesia", "de Federico García Lorca", "de Antonio Machado", "del Parque"),
                *("de la Independencia", "de las Palmeras", "de los Naranjos", "de los Almendros"),
            ),
        ),
        StreetPattern(
            firsts=("Calle",),
            joint=" ",
            seconds=("Mayor", "Real", "Nueva", "Larga", "Ancha", "Alta", "Baja", "Luna", "del Molino", "del Río"),
        ),
        StreetPattern(firsts=("Calle de", "Avenida de", "Camino de"), joint=" ", seconds=_SPANISH_TREES),
    ),
    "es_MX": (
        StreetPattern(
            firsts=("Calle", "Avenida", "Calzada", "Privada"),
            joint=" ",
            seconds=(
                *("Benito Juárez", "Miguel Hidalgo", "José María Morelos", "Francisco I. Madero", "Emiliano Zapata"),
                *("Venustiano Carranza", "Álvaro Obregón", "Lázaro Cárdenas", "Vicente Guerrero", "Ignacio Allende"),
                *("Niños Héroes", "5 de Mayo", "16 de Septiembre", "20 de Noviembre", "Independencia", "Reforma"),
                *("Revolución", "Constitución", "Insurgentes", "de la Paz", "Libertad", "Jalisco", "Veracruz"),
                *("Michoacán", "Sonora", "Oaxaca", "Chiapas", "Tamaulipas", "Durango", "Sinaloa", "del Sol"),
                *("de la Luna", "del Bosque", "del Lago", "de las Flores", "de las Palmas", "de los Reyes"),
                *("Francisco Villa", "Guadalupe Victoria", "Melchor Ocampo", "Nicolás Bravo"),
            ),
        ),
        StreetPattern(firsts=("Calle de", "Avenida de", "Paseo de"), joint=" ", seconds=_SPANISH_TREES),
    ),
    "nl_NL": (
        StreetPattern(
            firsts=(
                *(
                    "Acacia",
                    "Beuken",
                    "Berken",
                    "Eiken",
                    "Elzen",
                    "Esdoorn",
                    "Iepen",
                    "Kastanje",
                    "Linden",
                    "Populieren",
                ),
                *("Wilgen", "Rozen", "Tulpen", "Narcissen", "Lelie", "Leeuwerik", "Merel", "Zwaluw", "Nachtegaal"),
                *("Oranje", "Wilhelmina", "Juliana", "Beatrix", "Rembrandt", "Vermeer", "Vondel", "Mozart"),
            ),
            joint="",
            seconds=("straat", "laan", "weg", "hof"),
        ),
        StreetPattern(
            firsts=(
                *("Dorps", "Hoofd", "Kerk", "Molen", "Nieuw", "School", "Stations", "Haven", "Markt", "Brug", "Spoor"),
                *(
                    "Noorder",
                    "Ooster",
                    "Wester",
                    "Zuider",
                    "Raadhuis",
                    "Boerhaave",
                    "Dijk",
                    "Veld",
                    "Tuin",
                    "Prins Hendrik",
                    "Frans Hals",
                ),
            ),
            joint="",
            seconds=("straat",),
        ),
    ),
    "sv_SE": (
        StreetPattern(
            firsts=(
                *(
                    "Björk",
                    "Ek",
                    "Gran",
                    "Tall",
                    "Lind",
                    "Lönn",
                    "Alm",
                    "Asp",
                    "Furu",
                    "Hassel",
                    "Rosen",
                    "Äppel",
                    "Blom",
                ),
                *("Skogs", "Ängs", "Åker", "Berg", "Sjö", "Strand", "Bäck", "Dal", "Park", "Trädgårds", "Sol", "Kvarn"),
                *("Kyrko", "Skol", "Stations", "Järnvägs", "Fabriks", "Industri", "Bruks", "Slotts", "Ring", "Villa"),
                *("Kungs", "Drottning", "Vasa", "Smedje"),
            ),
            joint="",
            seconds=("gatan", "vägen", "stigen", "gränd"),
        ),
        StreetPattern(
            firsts=(
                "Stor",
                "Ny",
                "Köpmans",
                "Hamn",
                "Bro",
                "Torg",
                "Norra Skol",
                "Södra Skol",
                "Östra Kyrko",
                "Västra Park",
            ),
            joint="",
            seconds=("gatan",),
        ),
    ),
    "pl_PL": (
        StreetPattern(
            firsts=("ul.",),
            joint=" ",
            seconds=(
                *("Akacjowa", "Boczna", "Borowa", "Brzozowa", "Bukowa", "Cicha", "Cisowa", "Czereśniowa", "Daleka"),
                *(
                    "Dębowa",
                    "Długa",
                    "Dobra",
                    "Dolna",
                    "Dworcowa",
                    "Fabryczna",
                    "Fiołkowa",
                    "Gajowa",
                    "Gdańska",
                    "Główna",
                ),
                *("Górna", "Grabowa", "Graniczna", "Grunwaldzka", "Jagiellońska", "Jagodowa", "Jarzębinowa", "Jasna"),
                *("Jaśminowa", "Jaworowa", "Jesionowa", "Jodłowa", "Kalinowa", "Kamienna", "Kasztanowa", "Klonowa"),
                *("Kolejowa", "Konwaliowa", "Kościelna", "Krakowska", "Krótka", "Królewska", "Krzywa", "Kwiatowa"),
                *(
                    "Leśna",
                    "Letnia",
                    "Lipowa",
                    "Lubelska",
                    "Łąkowa",
                    "Makowa",
                    "Malinowa",
                    "Mała",
                    "Miodowa",
                    "Mostowa",
                ),
                *("Młyńska", "Modrzewiowa", "Nadrzeczna", "Nowa", "Ogrodowa", "Okrężna", "Olchowa", "Orzechowa"),
                *("Osiedlowa", "Parkowa", "Piaskowa", "Piastowska", "Piękna", "Pocztowa", "Podgórna", "Podleśna"),
                *("Pogodna", "Polna", "Południowa", "Poznańska", "Prosta", "Przemysłowa", "Radosna", "Rolna", "Różana"),
                *("Rzeczna", "Sadowa", "Słoneczna", "Sosnowa", "Spacerowa", "Spokojna", "Sportowa", "Stawowa"),
                *("Strażacka", "Szeroka", "Szkolna", "Szpitalna", "Świerkowa", "Targowa", "Tęczowa", "Topolowa"),
                *("Tulipanowa", "Warszawska", "Wąska", "Wesoła", "Widokowa", "Wiejska", "Wierzbowa", "Wiosenna"),
                *("Wiśniowa", "Wodna", "Wrocławska", "Wrzosowa", "Wschodnia", "Wspólna", "Zachodnia", "Zamkowa"),
                *("Zielona", "Złota", "Źródlana", "Żurawia", "3 Maja", "11 Listopada", "Chopina", "Konopnickiej"),
                *("Kopernika", "Kościuszki", "Matejki", "Mickiewicza", "Moniuszki", "Niepodległości", "Norwida"),
                *("Orzeszkowej", "Paderewskiego", "Piłsudskiego", "Prusa", "Pułaskiego", "Reja", "Reymonta"),
                *(
                    "Sienkiewicza",
                    "Sikorskiego",
                    "Słowackiego",
                    "Staszica",
                    "Wojska Polskiego",
                    "Wolności",
                    "Wyspiańskiego",
                ),
                *("Żeromskiego", "Armii Krajowej", "Kilińskiego", "Kochanowskiego", "Tuwima", "Skłodowskiej-Curie"),
            ),
        ),
    ),
    "pt_BR": (
        StreetPattern(
            firsts=("Rua", "Avenida", "Travessa"),
            joint=" ",
            seconds=(
                *("Dom Pedro I", "Dom Pedro II", "Tiradentes", "Sete de Setembro", "Quinze de Novembro", "Rui Barbosa"),
                *("Getúlio Vargas", "Santos Dumont", "Marechal Deodoro", "Duque de Caxias", "Barão do Rio Branco"),
                *("Castro Alves", "Machado de Assis", "José de Alencar", "Monteiro Lobato", "Olavo Bilac"),
                *("Princesa Isabel", "da Liberdade", "da Independência", "da República", "da Paz", "Brasil"),
                *("São João", "São José", "São Pedro", "Santo Antônio", "Santa Luzia", "Nossa Senhora Aparecida"),
                *("das Flores", "das Acácias", "das Palmeiras", "das Laranjeiras", "dos Ipês", "do Comércio"),
                *("da Saudade", "Bela Vista", "Boa Esperança", "Amazonas", "Bahia", "Ceará", "Goiás", "Maranhão"),
                *("Mato Grosso", "Minas Gerais", "Pará", "Paraná", "Pernambuco", "Rio Grande do Sul", "Santa Catarina"),
            ),
        ),
    ),
    "ja_JP": (
        StreetPattern(
            firsts=(
                *(
                    "本町",
                    "中央",
                    "栄町",
                    "緑町",
                    "旭町",
                    "東町",
                    "西町",
                    "南町",
                    "北町",
                    "大手町",
                    "桜町",
                    "若葉町",
                    "新町",
                ),
                *(
                    "泉町",
                    "幸町",
                    "寿町",
                    "錦町",
                    "宮前町",
                    "駅前町",
                    "城東町",
                    "松原町",
                    "梅田町",
                    "富士見町",
                    "日の出町",
                ),
                *("平和町", "末広町", "元町", "高砂町", "千歳町", "青葉町", "美園町", "川端町", "神明町", "八幡町"),
            ),
            joint="",
            seconds=("1丁目", "2丁目", "3丁目", "4丁目", "5丁目"),
        ),
    ),
}
