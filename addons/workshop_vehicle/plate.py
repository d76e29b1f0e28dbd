import re
import unicodedata

# How Taiwan's and Hong Kong's keyboards write the provinces' signs.
_TRADITIONAL = str.maketrans(
    "滬粵魯蘇遼貴雲陝寧贛閩瓊學領", "沪粤鲁苏辽贵云陕宁赣闽琼学领"
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def normalise(text):
    """A plate without blanks, dots and dashes: 沪A·12345 and 滬ａ 12345 are one."""
    folded = unicodedata.normalize("NFKC", text or "").upper()
    return re.sub(r"[\W_]", "", folded).translate(_TRADITIONAL)


def is_chinese(plate):
    """Whether it begins with a province's sign."""
    return bool(_CHINESE.match(plate))
