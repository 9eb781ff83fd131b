"""Which column of a list of injects holds what: known names in several languages, and a column map where they are not enough."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import ColumnError, OptionError
from ew4all.sim.exercise import InjectChannel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FIELDS", "Column", "channel_of", "choose_columns", "header_row", "plain_word"]

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        "id", "inject id", "inject no", "inject number", "inject #", "no", "nr", "number", "num", "numero", "ref", "reference", "#",
        "msel no", "event no", "n", "nummer", "numero de l inject", "номер", "编号", "رقم",
    ),
    "at": (
        "time", "at", "planned time", "inject time", "exercise time", "start time", "time of inject", "t", "t+", "timing", "dtg", "date time",
        "clock time", "scheduled time", "zeit", "uhrzeit", "heure", "temps", "horaire", "hora", "tiempo", "ora", "tempo", "время",
        "时间", "الوقت",
    ),
    "after": ("after", "triggered by", "trigger", "follows", "depends on", "nach", "apres", "despues de", "depois de", "после", "之后", "بعد"),
    "when": ("when", "condition", "conditions", "if", "bedingung", "condicion", "condicao", "условие", "条件", "الشرط"),
    "until": ("until", "expires", "latest", "bis", "jusqu a", "hasta", "ate", "до", "直到", "حتى"),
    "title": (
        "title", "inject title", "subject", "headline", "event", "inject name", "name", "titel", "betreff", "ereignis", "titre", "objet",
        "evenement", "titulo", "asunto", "evento", "assunto", "заголовок", "событие", "标题", "العنوان",
    ),
    "text": (
        "text", "inject", "inject text", "message", "content", "description", "inject description", "details", "narrative", "nachricht",
        "inhalt", "beschreibung", "texte", "contenu", "texto", "mensaje", "descripcion", "contenido", "mensagem", "descricao", "текст",
        "сообщение", "内容", "النص", "الرسالة",
    ),
    "from": (
        "from", "sender", "sent by", "source", "originator", "simulated by", "von", "absender", "de", "expediteur", "emetteur",
        "remitente", "remetente", "отправитель", "от", "发送者", "من", "المرسل",
    ),
    "to": (
        "to", "audience", "team", "teams", "recipient", "recipients", "players", "target audience", "addressee", "receiver", "an",
        "empfanger", "a", "destinataire", "destinataires", "destinatario", "destinatarios", "para", "equipo", "equipe", "кому",
        "получатель", "接收者", "إلى", "المستلم",
    ),
    "channel": (
        "channel", "by", "means", "delivery", "delivery method", "method", "mode", "medium", "inject method", "kanal", "canal", "moyen",
        "medio", "meio", "канал", "渠道", "القناة",
    ),
    "expected": (
        "expected action", "expected", "expected actions", "expected response", "expected player action", "expected outcome",
        "anticipated response", "player action", "erwartete reaktion", "erwartete handlung", "action attendue", "actions attendues",
        "reaction attendue", "accion esperada", "respuesta esperada", "acao esperada", "ожидаемые действия", "预期行动",
        "الإجراء المتوقع",
    ),
    "attachments": ("attachments", "attachment", "files", "anlagen", "pieces jointes", "adjuntos", "anexos", "вложения", "附件", "المرفقات"),
    "effects": ("effects", "effect", "simulation", "wirkung", "effets", "efectos", "efeitos", "последствия", "效果", "التأثير"),
    "hazard": ("hazard", "thread", "storyline", "strand", "gefahr", "alea", "peligro", "amenaza", "perigo", "опасность", "灾害", "الخطر"),
    "discussion": ("discussion", "discussion time", "diskussion", "discusion", "discussao", "обсуждение", "讨论", "النقاش"),
    "notes": ("notes", "note", "remarks", "comments", "facilitator notes", "controller notes", "bemerkungen", "remarques", "notas", "примечания", "备注", "ملاحظات"),
    "status": ("status",),
}  # fmt: skip
"""What can be read of a list of injects, and the names under which it is found by itself, the surest first; case, accents and signs are ignored."""

_CHANNELS: Final[Mapping[InjectChannel, tuple[str, ...]]] = {
    InjectChannel.EMAIL: ("email", "e mail", "mail", "courriel", "correo", "correo electronico", "fax", "letter", "message", "почта", "邮件", "بريد"),
    InjectChannel.RADIO: ("radio", "vhf", "hf", "funk", "two way radio", "рация", "无线电", "راديو"),
    InjectChannel.PHONE: ("phone", "telephone", "call", "phone call", "mobile", "sms", "telefon", "telefono", "appel", "llamada", "телефон", "电话", "هاتف"),
    InjectChannel.IN_PERSON: ("in person", "verbal", "face to face", "personal", "personlich", "en personne", "en persona", "pessoalmente", "лично", "当面", "شخصيا"),
    InjectChannel.MEDIA: ("media", "news", "tv", "television", "press", "newspaper", "presse", "medien", "prensa", "imprensa", "сми", "媒体", "إعلام"),
    InjectChannel.SOCIAL: ("social", "social media", "twitter", "x", "facebook", "whatsapp", "reseaux sociaux", "redes sociales", "redes sociais", "соцсети", "社交媒体"),
    InjectChannel.DASHBOARD: ("dashboard", "screen", "map", "display", "sitrep", "projector", "tableau de bord", "lagebild", "экран", "屏幕"),
}  # fmt: skip

_UNIT: Final = re.compile(
    r"[(\[]\s*(?:in\s+)?(s|sec|seconds?|min|mins|minutes?|minuten|minutos|h|hours?|heures|horas|stunden)\s*[)\]]",
    re.IGNORECASE,
)
_LOOKED_AT: Final = 20
"""Rows in which a header is looked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its number from 0, its header, and the unit that the header gives (``s``, ``min`` or ``h``)."""

    number: int
    header: str
    unit: str | None = None


def plain_word(text: Any) -> str:
    """Return a header or word without case, accents and signs."""
    plain = unicodedata.normalize("NFKD", str(text).strip()).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w#+]|_", " ", kept).split())


def _known(header: Any) -> str:
    return plain_word(_UNIT.sub(" ", str(header)))


_BY_NAME: Final = {
    plain_word(name): field for field, names in reversed(list(FIELDS.items())) for name in names
}


def header_row(
    rows: Sequence[Sequence[Any]], columns: Mapping[str, str], *, least: int = 2
) -> int | None:
    """Return the number, from 0, of the row that names the columns; None where the first rows hold none.

    Parameters
    ----------
    columns
        Field to the header that the user named.
    least
        Headers that must be known in it.
    """
    named = {_known(header) for header in columns.values()}
    for k, row in enumerate(rows[:_LOOKED_AT]):
        found = set()
        for value in row:
            if isinstance(value, str) and value.strip():
                word = _known(value)
                if word in named:
                    found.add(word)
                elif word in _BY_NAME:
                    found.add(_BY_NAME[word])
        if len(found) >= least:
            return k
    return None


def choose_columns(
    header: Sequence[Any], columns: Mapping[str, str], where: str
) -> tuple[dict[str, Column], list[Column]]:
    """Return the column of each field that the list has, and the columns that are of none.

    Parameters
    ----------
    columns
        Field of `FIELDS` to its header; the others are found by their names.
    where
        Name of the table, for messages.

    Raises
    ------
    OptionError
        A field that does not exist.
    ColumnError
        A header that is not there, or a list with neither titles nor texts.
    """
    unknown = [field for field in columns if field not in FIELDS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], FIELDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
        msg = (
            f"--column {unknown[0]}={columns[unknown[0]]}: there is no field {unknown[0]!r}; {hint}"
        )
        raise OptionError(msg)
    there = [
        Column(k, str(value).strip(), _unit(str(value)))
        for k, value in enumerate(header)
        if value is not None and str(value).strip()
    ]
    chosen: dict[str, Column] = {}
    for field, wanted in columns.items():
        match = next((c for c in there if c.header == wanted.strip()), None)
        match = match or next((c for c in there if _known(c.header) == _known(wanted)), None)
        if match is None:
            msg = f"--column {field}={wanted}: {where} has no column {wanted!r}; it has {', '.join(c.header for c in there)}"
            raise ColumnError(msg)
        chosen[field] = match
    taken = {column.number for column in chosen.values()}
    for field, names in FIELDS.items():
        if field in chosen:
            continue
        for name in (plain_word(name) for name in names):
            free = next(
                (c for c in there if c.number not in taken and _known(c.header) == name), None
            )
            if free is not None:
                chosen[field] = free
                taken.add(free.number)
                break
    if not {"title", "text"} & set(chosen):
        msg = (
            f"{where} has no column that could be the text or the title of injects; it has {', '.join(c.header for c in there)}. Say "
            "which, as in `--column text=HEADER`"
        )
        raise ColumnError(msg)
    return chosen, [column for column in there if column.number not in taken]


def _unit(header: str) -> str | None:
    found = _UNIT.search(header)
    if found is None:
        return None
    word = found[1].lower()
    return (
        "s"
        if word.startswith("s") and word != "stunden"
        else "min"
        if word.startswith("min")
        else "h"
    )


def channel_of(value: Any) -> str:
    """Return the channel that a word means; the word itself where it means none."""
    word = plain_word(value)
    for channel, names in _CHANNELS.items():
        if word in {plain_word(name) for name in names}:
            return str(channel)
    return str(value).strip()
