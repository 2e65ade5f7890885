"""Names of many traditions, so that nothing in Clinic may assume a first and a last name.

"王/Wang" is a name in its own script and in Latin letters. Where Slavic family names have two forms, the female one
follows the male one after a bar.
"""

import random
from dataclasses import dataclass

from clinic.patients.models import Sex


@dataclass(frozen=True)
class Tradition:
    """How people of one origin are named; `weight` is their share of the sample."""

    name: str
    weight: int
    language: str
    female: str
    male: str
    family: str
    two_families: float = 0.0
    one_name: float = 0.0
    own_script: float = 0.0


@dataclass(frozen=True)
class SampleName:
    """A person's name; `other` is the same name in the other script."""

    family: str | None
    given: str | None
    language: str
    other: tuple[dict[str, str], ...] = ()


TRADITIONS = (
    Tradition(
        "French", 26, "fr",
        "Camille Chloé Inès Léa Manon Élodie Anaïs Zoé Louise Margaux Adèle Hélène Françoise Odile",
        "Hugo Théo Léo Gabriel Raphaël François Étienne Benoît Loïc Gaël Mathéo Jean-Baptiste Aurélien Noël",
        "Martin Bernard Dubois Lefèvre Moreau Girard Roux Fontaine Chevalier d'Aubigné Le_Goff Gauthier Perrin",
        two_families=0.06,
    ),
    Tradition(
        "English", 9, "en",
        "Emma Olivia Grace Siobhán Niamh Charlotte Aoife Harriet Beatrice",
        "Oliver Jack Harry Seán Conor Thomas Ewan Alistair Rhys",
        "Smith O'Connor MacDonald Jones Taylor Ní_Dhómhnaill Hughes Whitaker Ashworth St_John",
    ),
    Tradition(
        "Spanish", 9, "es",
        "Lucía Sofía Martina María_José Begoña Itziar Rocío Núria",
        "Hugo Mateo José_Luis Álvaro Íñigo Andrés Raúl Joaquín",
        "García Núñez Ibáñez Peña Rodríguez López Muñoz Etxeberria Puig Martínez Domínguez",
        two_families=0.9,
    ),
    Tradition(
        "Portuguese", 7, "pt",
        "Inês Beatriz Conceição Mariana Luísa Catarina Graça",
        "João Tiago Nuno Simão Luís António Gonçalo",
        "Silva Santos da_Silva Ferreira dos_Santos Magalhães Conceição Araújo Guimarães",
        two_families=0.7,
    ),
    Tradition(
        "German", 4, "de",
        "Käthe Anne-Marie Anneliese Grete Jördis Ursula",
        "Jürgen Björn Günther Karl-Heinz Matthias Götz",
        "Müller Weiß Schröder Groß von_der_Heyden Jäger Schäfer",
    ),
    Tradition(
        "Polish", 4, "pl",
        "Łucja Małgorzata Zofia Agnieszka Żaneta",
        "Łukasz Paweł Wojciech Grzegorz Stanisław",
        "Kowalski|Kowalska Wiśniewski|Wiśniewska Dąbrowski|Dąbrowska Wójcik Zając",
    ),
    Tradition(
        "Turkish", 4, "tr",
        "Ayşe Elif Zeynep Gülşen Özlem", "Mehmet Çağlar Oğuz İbrahim Şükrü", "Yılmaz Öztürk Çelik Şahin Demir Aydın",
    ),
    Tradition(
        "Arabic", 9, "ar",
        "فاطمة/Fatima مريم/Maryam ليلى/Layla نور/Nour عائشة/Aïcha سلمى/Salma",
        "محمد/Mohamed أحمد/Ahmed يوسف/Youssef عمر/Omar خالد/Khalid حسن/Hassan",
        "بن_علي/Ben_Ali الحداد/El_Haddad منصور/Mansour العمراني/El_Amrani الخطيب/Al-Khatib بوزيد/Bouzid",
        own_script=0.35,
    ),
    Tradition(
        "Chinese", 5, "zh",
        "梅/Mei 秀英/Xiuying 丽/Li 小红/Xiaohong 静/Jing", "伟/Wei 强/Qiang 建国/Jianguo 明/Ming 磊/Lei",
        "王/Wang 李/Li 张/Zhang 陈/Chen 欧阳/Ouyang 刘/Liu", own_script=0.5,
    ),
    Tradition(
        "Japanese", 2, "ja",
        "さくら/Sakura 陽子/Yoko 恵/Megumi", "健二/Kenji 大輔/Daisuke 翔太/Shota",
        "山本/Yamamoto 佐藤/Sato 高橋/Takahashi 小林/Kobayashi", own_script=0.5,
    ),
    Tradition(
        "Korean", 2, "ko",
        "지우/Ji-woo 서연/Seo-yeon 민지/Min-ji", "민준/Min-jun 도윤/Do-yun 현우/Hyun-woo",
        "김/Kim 이/Lee 박/Park 남궁/Namgung", own_script=0.5,
    ),
    Tradition(
        "Russian", 3, "ru",
        "Ольга/Olga Светлана/Svetlana Екатерина/Ekaterina", "Дмитрий/Dmitri Сергей/Sergueï Николай/Nikolaï",
        "Иванов/Ivanov|Иванова/Ivanova Кузнецов/Kouznetsov|Кузнецова/Kouznetsova Волков/Volkov|Волкова/Volkova",
        own_script=0.5,
    ),
    Tradition(
        "Ukrainian", 2, "uk",
        "Оксана/Oksana Леся/Lesia Юлія/Yuliia", "Тарас/Taras Олександр/Oleksandr Євген/Yevhen",
        "Шевченко/Shevchenko Коваленко/Kovalenko Мельник/Melnyk", own_script=0.4,
    ),
    Tradition(
        "Greek", 1, "el",
        "Ελένη/Eleni Σοφία/Sofia Αικατερίνη/Aikaterini", "Γιώργος/Giorgos Νίκος/Nikos Δημήτρης/Dimitris",
        "Παπαδόπουλος/Papadopoulos|Παπαδοπούλου/Papadopoulou Γεωργίου/Georgiou", own_script=0.5,
    ),
    Tradition(
        "Vietnamese", 4, "vi",
        "Thị_Hương Thị_Lan Ngọc_Ánh Thu_Hà", "Văn_Minh Quốc_Anh Đức_Huy Hữu_Phước", "Nguyễn Trần Lê Phạm Đặng Vũ",
    ),
    Tradition(
        "Indian", 4, "hi",
        "Priya Lakshmi Ananya Deepika Meenakshi", "Arjun Rajesh Vikram Sanjay Subramaniam",
        "Sharma Patel Iyer Krishnamurthy Singh Kaur Nair", one_name=0.15,
    ),
    Tradition(
        "Indonesian", 2, "id",
        "Siti Dewi Kartika Wulandari", "Suharto Budi Sukarno Wahyu", "Wijaya Santoso Pratama", one_name=0.8,
    ),
    Tradition(
        "West African", 6, "fr",
        "Aminata Fatou Awa Mariam Kadiatou Ngozi Abena", "Mamadou Ousmane Ibrahima Kwame Chukwuemeka Cheikh Moussa",
        "Traoré Diallo Keïta N'Diaye Ouédraogo Coulibaly Okonkwo Mensah",
    ),
    Tradition("Ethiopian", 2, "am", "Hanna Tigist Selam Meseret", "Abebe Tesfaye Dawit Haile", "Tesfaye Bekele Girma"),
    Tradition(
        "Icelandic", 2, "is",
        "Guðrún Sigríður Þórdís Björk", "Jón Þór Guðmundur Ægir", "Jónsson|Jónsdóttir Þórsson|Þórsdóttir",
    ),
)  # fmt: skip
_WEIGHTS = [tradition.weight for tradition in TRADITIONS]


def sample_name(rnd: random.Random, sex: Sex) -> SampleName:
    """A name of some tradition, each as often as its weight."""
    tradition = rnd.choices(TRADITIONS, _WEIGHTS)[0]
    given = _pick(rnd, tradition.female if sex is Sex.FEMALE else tradition.male, sex)
    if rnd.random() < tradition.one_name:
        return SampleName(None, given[1], tradition.language)
    families = [_pick(rnd, tradition.family, sex) for _ in range(2 if rnd.random() < tradition.two_families else 1)]
    own, latin = (" ".join(family[script] for family in families) for script in (0, 1))
    if own == latin and given[0] == given[1]:
        return SampleName(own, given[0], tradition.language)
    scripts = [(own, given[0]), (latin, given[1])]
    if rnd.random() > tradition.own_script:
        scripts.reverse()
    other = {"family": scripts[1][0], "given": scripts[1][1], "use": "script"}
    return SampleName(*scripts[0], tradition.language, (other,))


def _pick(rnd: random.Random, words: str, sex: Sex) -> tuple[str, str]:
    """One of the words, as (own script, Latin letters)."""
    forms = rnd.choice(words.split()).split("|")
    own, _, latin = (forms[-1] if sex is Sex.FEMALE else forms[0]).replace("_", " ").partition("/")
    return own, latin or own
