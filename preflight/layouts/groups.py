"""Titles of sections and names of sheets: whether the people in them attended."""

from __future__ import annotations

import re

from preflight.text.spelling import unaccented

_PEOPLE = (
    r"attende|participa|registra|regist|guest|invite|invita|teilnehm|besucher|gäste\b|anwesend|angemeldet|asisten|asistió"
    "|inscri|iscritt|partecipa|deelnem|genodigd|aanwezig|people|audience|delegate|member|lead|contact|personen|personas"
    "|personnes|persone|viewer|convidad|presenc|uczestni|участник|katılımcı|deltagar|deltager|deltaker"
    "|参加者|出席者|参会者|与会者|참가자|참석자"
)
_OTHERS = (
    r"\bhosts?\b|panel|presenter|speaker|organi[sz]|staff|moderat|activit|aktivit|activid|ativid|attività|summary"
    r"|\bpolls?\b|question|\bq ?& ?a\b|\bchat\b|survey|no.?show|cancel|absent|did not|not attend|referent|umfrage"
    r"|\bfragen\b|zusammenfassung|gastgeber|veranstalter|anfitri|ponente|orador|encuesta|pregunt|resumen|resumo"
    r"|pergunt|enquete|intervenant|animateur|conférencier|sondage|résumé\b|relator|sondaggi|domand|riepilogo"
    r"|spreker|samenvatting|\bvragen\b|feedback|transcript|engagement|abwesend|storniert|annul|afwezig|assent|ausent"
    r"|hôtes?\b|team\b|overview|überblick|statisti|działani|aktywnoś|podsumow|gospodarz|prelegent|oversigt"
    "|действи|активност|сводка|организатор|докладчик|etkinlikler|özet|sunucu|konuşmacı"
    r"|概要|アクティビティ|活动\b|活動|摘要|主持人|主催者|요약|활동|주최자"
)
"""Parts of titles, as regular expressions."""

_OF_PEOPLE, _OF_OTHERS = re.compile(unaccented(_PEOPLE)), re.compile(unaccented(_OTHERS))


def likely_to_have_people(title: str) -> int:
    """2 for a title of people who attended or registered, 0 for a title of others, else 1."""
    bare = unaccented(title)
    return 0 if _OF_OTHERS.search(bare) else 2 if _OF_PEOPLE.search(bare) else 1
