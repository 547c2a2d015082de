"""Titles of sections and names of sheets: whether the people in them attended."""

from __future__ import annotations

import re

from preflight.text.spelling import unaccented

_PEOPLE = re.compile(
    r"attende|participa|registra|regist|guest|invite|invita|teilnehm|besucher|gaste\b|anwesend|angemeldet|asisten|asistio"
    r"|inscri|iscritt|partecipa|deelnem|genodigd|aanwezig|people|audience|delegate|member|lead|contact|personen|personas"
    r"|personnes|persone|viewer|convidad|presenc|参加者|出席者"
)
_OTHERS = re.compile(
    r"\bhosts?\b|panel|presenter|speaker|organi[sz]|staff|moderat|activit|aktivit|activid|ativid|attivita|summary"
    r"|\bpolls?\b|question|\bq ?& ?a\b|\bchat\b|survey|no.?show|cancel|absent|did not|not attend|referent|umfrage"
    r"|\bfragen\b|zusammenfassung|gastgeber|veranstalter|anfitri|ponente|orador|encuesta|pregunt|resumen|resumo"
    r"|pergunt|enquete|intervenant|animateur|conferencier|sondage|resume\b|relator|sondaggi|domand|riepilogo"
    r"|spreker|samenvatting|\bvragen\b|feedback|transcript|engagement|abwesend|storniert|annul|afwezig|assent|ausent"
    r"|hotes?\b|team\b|overview|uberblick|statisti|概要|アクティヒティ"
)
"""Parts of titles, case-folded and without accents."""


def likely_to_have_people(title: str) -> int:
    """2 for a title of people who attended or registered, 0 for a title of others, else 1."""
    bare = unaccented(title)
    return 0 if _OTHERS.search(bare) else 2 if _PEOPLE.search(bare) else 1
