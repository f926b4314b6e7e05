"""The genetic codes, by the numbers of NCBI (https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import product

from genomebook.errors import OptionError

STOP, UNKNOWN = "*", "X"
"""Letters of a stop codon, and of a codon with an ambiguous letter."""

STANDARD, VERTEBRATE_MITOCHONDRIAL = 1, 2

THREE_LETTERS = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile",
    "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "O": "Pyl", "P": "Pro", "Q": "Gln", "R": "Arg",
    "S": "Ser", "T": "Thr", "U": "Sec", "V": "Val", "W": "Trp", "X": "Xaa", "Y": "Tyr", STOP: "Ter",
}  # fmt: skip
"""Names of the amino acids by letter."""

_CODONS = ["".join(letters).encode() for letters in product("TCAG", repeat=3)]

_TABLES = {
    1: ("standard", "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "TTG CTG ATG"),
    2: (
        "vertebrate mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
        "ATT ATC ATA ATG GTG",
    ),
    3: (
        "yeast mitochondrial",
        "FFLLSSSSYY**CCWWTTTTPPPPHHQQRRRRIIMMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATA ATG GTG",
    ),
    4: (
        "mold mitochondrial, protozoan mitochondrial, coelenterate mitochondrial, mycoplasma, spiroplasma",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "TTA TTG CTG ATT ATC ATA ATG GTG",
    ),
    5: (
        "invertebrate mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG",
        "TTG ATT ATC ATA ATG GTG",
    ),
    6: (
        "ciliate nuclear, dasycladacean nuclear, hexamita nuclear",
        "FFLLSSSSYYQQCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATG",
    ),
    9: (
        "echinoderm mitochondrial, flatworm mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
        "ATG GTG",
    ),
    10: ("euplotid nuclear", "FFLLSSSSYY**CCCWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "ATG"),
    11: (
        "bacterial, archaeal, plant plastid",
        "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "TTG CTG ATT ATC ATA ATG GTG",
    ),
    12: (
        "alternative yeast nuclear",
        "FFLLSSSSYY**CC*WLLLSPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "CTG ATG",
    ),
    13: (
        "ascidian mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSGGVVVVAAAADDEEGGGG",
        "TTG ATA ATG GTG",
    ),
    14: (
        "alternative flatworm mitochondrial",
        "FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
        "ATG",
    ),
    15: (
        "blepharisma macronuclear",
        "FFLLSSSSYY*QCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATG",
    ),
    16: (
        "chlorophycean mitochondrial",
        "FFLLSSSSYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATG",
    ),
    21: (
        "trematode mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
        "ATG GTG",
    ),
    22: (
        "Scenedesmus obliquus mitochondrial",
        "FFLLSS*SYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATG",
    ),
    23: (
        "thraustochytrium mitochondrial",
        "FF*LSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATT ATG GTG",
    ),
    24: (
        "pterobranchia mitochondrial",
        "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
        "TTG CTG ATG GTG",
    ),
    25: (
        "candidate division SR1, gracilibacteria",
        "FFLLSSSSYY**CCGWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "TTG ATG GTG",
    ),
    26: (
        "pachysolen tannophilus nuclear",
        "FFLLSSSSYY**CC*WLLLAPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "CTG ATG",
    ),
    27: ("karyorelict nuclear", "FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "ATG"),
    28: ("condylostoma nuclear", "FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "ATG"),
    29: ("mesodinium nuclear", "FFLLSSSSYYYYCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "ATG"),
    30: ("peritrich nuclear", "FFLLSSSSYYEECC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", "ATG"),
    31: (
        "blastocrithidia nuclear",
        "FFLLSSSSYYEECCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "ATG",
    ),
    32: (
        "balanophoraceae plastid",
        "FFLLSSSSYY*WCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        "TTG CTG ATT ATC ATA ATG GTG",
    ),
    33: (
        "cephalodiscidae mitochondrial",
        "FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
        "TTG CTG ATG GTG",
    ),
}
"""Name, amino acids of the codons in the order TTT, TTC, TTA, TTG, TCT, ..., and start codons."""


@dataclass(frozen=True)
class GeneticCode:
    """A genetic code.

    Attributes
    ----------
    number : int
        Of NCBI.
    name : str
        Whose it is.
    aminos : dict of bytes to str
        Letter of the amino acid of each codon (upper case DNA), ``*`` for a stop. Codons that can be either
        (codes 27, 28 and 31) have their amino acid.
    starts : frozenset of bytes
        Start codons.
    """

    number: int
    name: str
    aminos: dict[bytes, str]
    starts: frozenset[bytes]

    @property
    def letters(self) -> str:
        """Amino acids of TTT, TTC, TTA, TTG, TCT, ..., as NCBI writes them."""
        return "".join(self.aminos.values())

    def translate(self, letters: bytes) -> str:
        """Translate codons (upper case DNA) into as many letters; codons with other letters are X.

        One or two letters that are left at the end are not translated.
        """
        ends = range(3, len(letters) + 1, 3)
        return "".join(self.aminos.get(letters[end - 3 : end], UNKNOWN) for end in ends)


def is_known_code(number: int) -> bool:
    """Whether NCBI has a genetic code of this number."""
    return number in _TABLES


@functools.cache
def genetic_code(number: int) -> GeneticCode:
    """Genetic code by its number.

    Raises
    ------
    OptionError
        There is none.
    """
    if number not in _TABLES:
        raise OptionError(f"genetic code {number}: not known; choose one of {', '.join(map(str, _TABLES))}")
    name, aminos, starts = _TABLES[number]
    return GeneticCode(
        number, name, dict(zip(_CODONS, aminos, strict=True)), frozenset(starts.encode().split())
    )
