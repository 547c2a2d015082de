"""Words of headings in further languages, each with its English word.

Languages of Europe: words, and stems with a hyphen for all inflected forms. Chinese, Japanese and Korean: the parts
of which labels consist, as there are no blanks between their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from preflight.text.spelling import unaccented

_DAY_FIRST = {
    "email": "elektroniczn- электронн- eposta epostaniz sahkoposti sahkopostiosoite sahkopostisi",
    "mail": "почт- posta postasi mailova", "address": "адрес- adresi adresiniz adresa osoite",
    "event": "wydarzen- мероприяти- событи- etkinli- begivenhed begivenheden arrangement arrangementet udalost "
             "udalosti akce tapahtuma tapahtuman tilaisuus tilaisuuden",
    "webinar": "webinaru webinarow webinarium webinary webinarze вебинар- webineri webinari webinare webinaari "
               "webinaarin", "seminar": "семинар- seminer- seminariet seminarer seminare seminaari seminaarin",
    "training": "szkolen- обучени- тренинг- egitim- skoleni koulutus koulutuksen",
    "conference": "konferencj- конференци- konferans konferansi konferanse", "workshop": "warsztat- мастер atolye-",
    "meeting": "spotkan- встреч- собрани- toplanti- schuzka schuzky setkani kokous kokouksen tapaaminen",
    "tradefair": "targi targow targach выставк- fuar fuari veletrh veletrhu vystava messut messujen",
    "topic": "temat tematu тема темы konu konusu aihe aiheen",
    "title": "tytul tytulu заголов- baslik basligi tittel otsikko",
    "name": "nazwa nazwy названи- наименовани- adi navn navnet nazev nazvu nimi nimen", "full name": "фио",
    "first": "pierwsz- перв- ilk forste",
    "forename": "imie imienia имя имени isim ismi adiniz fornavn jmeno krestni etunimi",
    "surname": "nazwisk- фамили- отчеств- soyad- soyisim efternavn etternavn prijmeni sukunimi",
    "company": "firmy organizacj- компани- организаци- sirket- kurum kurumu virksomhed virksomheden bedrift "
               "spolecnost yritys yrityksen organisaatio",
    "jobtitle": "stanowisk- должност- unvan- gorev gorevi gorevini stilling pozice funkce tehtavanimike",
    "role": "rola роль rolu", "city": "miasto miasta miejscowosc город города sehir sehri mesto kaupunki",
    "held": "konani", "country": "kraj kraju стран- ulke- zeme", "phone": "телефон- puhelin puhelinnumero",
    "participant": "uczestni- участник- katilimci- deltager deltageren deltaker deltakeren ucastnik ucastnika "
                   "osallistuja osallistujan",
    "joined": "dolacz- przystap- присоедин- подключени- katilma katildigi pripojeni liittymis- liittyi",
    "last": "ostatni- последн- sidste siste son",
    "left": "opuszcz- wyjsci- отключени- выход выхода ayrilma ayrilis- forlod forlot odpojeni odchod poistumis- "
            "poistui", "start": "rozpocz- poczatek начал- baslangic- baslama zacatek zahajeni alkamis- alkaa aloitus-",
    "end": "zakoncz- koniec окончани- заверш- bitis- konec ukonceni paattymis- paattyy",
    "date": "daty dacie дата даты дату dato datoen tarih- paivamaara pvm", "day": "dzien день gunu",
    "time": "godzin- czas czasu czasow- врем- zaman- saat saati tidspunkt cas aika kellonaika",
    "timestamp": "sygnatur- отметк- damga- tidsstempel casova znacka aikaleima",
    "registered": "rejestr- zarejestr- zglosz- zapis- регистраци- зарегистр- kayit kaydi kayitli tilmelding tilmeldt "
                  "pamelding pameldt registrert registreret registrac- prihlas- ilmoittautu- rekisteroi-",
    "attended": "obecn- udzial посет- посещ- присутств- участвов- katildi katilim katilimi deltog deltok deltatt "
                "ucast zucastn- osallistui lasna",
    "created": "utworz- создан- olusturm- olusturul- oprettet opprettet vytvor- luotu",
    "birth": "urodz- рожден- dogum- fodsel fodt narozeni syntyma-",
    "modified": "modyfik- zmian- aktualiz- измен- обновл- guncelle- degistir- aendret endret opdateret oppdatert "
                "zmenen- upraven- muokattu paivitetty",
    "duration": "trwani- продолжительн- длительн- suresi varighed varighet trvani kesto",
    "status": "статус- состояни- durum durumu", "user": "uzytkowni- пользовател- kullanici- bruker bruger",
    "guest": "gosc goscia гость misafir-", "owner": "opiekun- wlasciciel- владел- ответственн- sahibi",
    "organizer": "организатор- organizator-", "comment": "uwag- komentarz- комментари- yorum-",
    "note": "notatk- примечани- заметк- notlar poznamka poznamky huomautus", "number": "numer номер- numara-",
    "order": "zamowien- заказ- siparis-", "purchase": "zakup- покупк-",
}  # fmt: skip
"""Words of Polish, Russian, Turkish, Danish, Norwegian, Czech and Finnish, which write the day before the month."""

_YEAR_FIRST = {
    "email": "epost epostadress epostadresse", "event": "evenemang evenemanget esemeny rendezveny",
    "meeting": "mote motet talalkozo megbeszeles", "title": "titeln rubrik rubriken cime",
    "webinar": "webbinarium webbinariet webbinar webinarium",
    "seminar": "seminarium seminariet frukostseminarium szeminarium", "name": "namn namnet nev neve",
    "forename": "fornamn keresztnev utonev", "surname": "efternamn vezeteknev csaladnev",
    "company": "foretag foretaget ceg vallalat", "jobtitle": "befattning beosztas munkakor",
    "time": "tid tiden tidpunkt ido idopont", "timestamp": "tidsstampel idobelyeg",
    "registered": "registrering registrerad anmalan anmald anmalning regisztracio jelentkezes",
    "created": "skapad skapat letrehozva", "modified": "andrad andrat uppdaterad", "birth": "fodelse fodd szuletesi",
    "end": "slut slutt vege befejezes", "start": "borjan kezdet kezdete kezdes", "tradefair": "massa massan",
    "attended": "deltagit narvaro narvarande reszvetel", "participant": "deltagare deltagaren resztvevo",
    "joined": "anslot anslutning", "first": "forsta", "last": "senast senaste", "left": "lamnade",
    "note": "anteckning anteckningar megjegyzes", "duration": "varaktighet", "country": "land", "city": "stad varos",
    "address": "cim", "training": "kepzes oktatas", "conference": "konferencia", "phone": "telefonszam",
    "date": "datuma",
}  # fmt: skip
"""Words of Swedish and Hungarian, which write the year first."""

_PARTS = {
    "email": "电子邮件 電子郵件 邮箱 郵箱 邮件 郵件 电邮 メールアドレス Eメール 電子メール メール 이메일 "
             "전자메일 메일",
    "address": "地址 アドレス 주소", "full name": "姓名 氏名 お名前 名前 이름 성명", "name": "名称 名稱 名 명",
    "original": "原始 元の 원래", "surname": "姓 성", "user": "用户 用戶 使用者 ユーザー ユーザ 사용자",
    "company": "公司 企业 企業 单位 單位 会社 貴社 회사 소속",
    "jobtitle": "职位 職位 职务 職務 职称 役職 직함 직책 직위", "department": "部门 部門 部署 부서",
    "phone": "电话 電話 手机 手機 전화 휴대폰 연락처", "number": "号 號 编号 番号 번호", "city": "城市 도시",
    "country": "国家 國家 国 국가", "region": "地区 地區 地域 지역", "role": "角色 役割 역할",
    "event": "活动 活動 イベント 행사 이벤트",
    "webinar": "网络研讨会 網絡研討會 在线研讨会 ウェビナー ウェビナ 웨비나",
    "seminar": "研讨会 研討會 讲座 講座 セミナー 세미나", "meeting": "会议 會議 会議 ミーティング 회의 미팅",
    "training": "培训 培訓 研修 교육", "course": "课程 課程 コース 강좌", "lecture": "講演 강의 강연",
    "tradeshow": "展会 展会 展示会 전시회", "conference": "大会 カンファレンス 컨퍼런스",
    "workshop": "工作坊 ワークショップ 워크숍", "topic": "主题 主題 トピック テーマ 주제",
    "title": "标题 標題 タイトル 제목", "date": "日期 日付 날짜 일자", "day": "日 일",
    "time": "时间 時間 时刻 時刻 日時 시간 시각 일시",
    "timestamp": "时间戳记 时间戳 時間戳記 タイムスタンプ 타임스탬프", "held": "举办 舉辦 举行 開催 개최",
    "start": "开始 開始 시작", "end": "结束 結束 終了 종료", "joined": "加入 进入 進入 入室 접속 입장",
    "left": "离开 離開 退出 退室 퇴장 나간", "attended": "参加 參加 出席 出席済み 参会 참가 참석 참여",
    "participant": "参会者 与会者 與會者 参与者 参加者 出席者 참가자 참석자",
    "registered": "注册 註冊 报名 報名 登记 登録 申込 申し込み 申込み 등록 신청",
    "registrant": "登録者 申込者 등록자 신청자", "submitted": "提交 送信 回答 제출", "completion": "完成 完了 완료",
    "checkin": "签到 簽到 チェックイン 체크인", "created": "创建 創建 建立 作成 생성", "modified": "修改 更新 수정",
    "birth": "出生 生日 生年月 誕生 생년월", "status": "状态 狀態 状況 状態 ステータス 상태 여부",
    "approval": "审批 審批 承認 승인", "duration": "时长 時長 기간", "minutes": "分钟 分鐘 分 분",
    "guest": "访客 訪客 ゲスト 게스트", "host": "主持人 主催者 ホスト 주최자 호스트",
    "note": "备注 備註 備考 メモ 비고 메모", "comment": "评论 意见 意見 ご意見 コメント 의견",
    "order": "订单 訂單 注文 주문", "question": "问题 問題 質問 질문", "of": "的 の 으로 의 ご お する した",
    "session": "场次 セッション 세션", "last": "最終 最后 最後 最近 마지막", "first": "最初 首次 최초",
    "login": "ログイン 登录 登入 로그인",
}  # fmt: skip
"""Parts of labels in Chinese, Japanese and Korean."""

_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae"})
_LETTERS_OF_EAST_ASIA = re.compile(r"[\u1100-\u11ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_SCRIPTS = re.compile(r"[a-z0-9]+|[^a-z0-9]+")
_LEAST_STEM = 3


def _inverted(words: Mapping[str, str]) -> dict[str, str]:
    return {_bare(word): english for english, listed in words.items() for word in listed.split()}


def _bare(word: str) -> str:
    return unaccented(word).translate(_LETTERS)


_WORDS = _inverted(_YEAR_FIRST) | _inverted(_DAY_FIRST)
_OF_DAY_FIRST = frozenset(_inverted(_DAY_FIRST))
_EAST_ASIAN = _inverted(_PARTS)
_LONGEST_PART = max(map(len, _EAST_ASIAN))
MEANINGS = frozenset({*_WORDS.values(), *_EAST_ASIAN.values()})
"""The English words, in lists of one or two."""

WHOLE_WORDS = frozenset(word for word in _WORDS if not word.endswith("-"))
"""The words that may be parts of a compound (`evenemangsnamn`)."""


@lru_cache(maxsize=4096)
def translated(word: str) -> tuple[str, ...]:
    """The English words of a word, which is case-folded and without accents; empty if it is unknown."""
    if word.isascii() or not _LETTERS_OF_EAST_ASIA.search(word):
        found = _WORDS.get(_listed(word))
        return tuple(found.split()) if found else ()
    if found := _EAST_ASIAN.get(word):
        return tuple(found.split())
    words: list[str] = []
    for part in _SCRIPTS.findall(word):
        found_parts = [part] if part.isascii() else _divided(part)
        if not found_parts:
            return ()
        words += found_parts
    return tuple(words)


def writes_day_first(word: str) -> bool:
    """Whether a word is one of a language that writes the day before the month."""
    return _listed(word) in _OF_DAY_FIRST


def _listed(word: str) -> str:
    """The word, or the longest stem with which it begins, as it is listed; empty if neither is."""
    word = word.translate(_LETTERS)
    if word in _WORDS:
        return word
    stems = (f"{word[:end]}-" for end in range(len(word), _LEAST_STEM - 1, -1))
    return next((stem for stem in stems if stem in _WORDS), "")


def _divided(text: str) -> Sequence[str]:
    """The English words of the listed parts that a text consists of, the first parts as long as possible."""
    if not text:
        return []
    for end in range(min(len(text), _LONGEST_PART), 0, -1):
        english = _EAST_ASIAN.get(text[:end])
        if english is None:
            continue
        if end == len(text):
            return english.split()
        if rest := _divided(text[end:]):
            return [*english.split(), *rest]
    return []
