"""The words of headings in seven European languages, by meaning: closed lists (others: `labels.translations`).

The words have the form that `words_of` returns: case-folded, without accents, with phrases such as `trade show` joined.
A compound in no list (`Veranstaltungsname`, `eventdate`) is split into listed words if possible.
"""

from __future__ import annotations

from preflight.text.spelling import unaccented

ARTICLES = frozenset(
    "a an the of der die das des dem den de du la le les l d el los las del do da dos della dell dello dei degli "
    "delle di il lo un una une uno ein eine van het een s i w na z dla och og ve и в на с для".split()
)
"""Words without a meaning of their own."""

POLITE = frozenset("your my ihr ihre ihren deine votre su seu tu tuo suo uw je this our own please enter".split())

EVENT = frozenset(
    "event touchpoint customevent webinar webcast workshop session seminar conference congress symposium exhibition "
    "expo tradeshow tradefair summit masterclass roundtable meetup livestream bootcamp webevent veranstaltung "
    "ereignis sitzung konferenz tagung kongress messe schulung fortbildung weiterbildung vortrag onlineseminar "
    "evenement webinaire atelier seminaire colloque congres evento webinario taller seminario sesion conferencia "
    "congreso jornada charla feria oficina palestra sessao congresso feira treinamento convegno conferenza sessione "
    "fiera sessie conferentie bijeenkomst beurs".split()
)
"""Words for an event."""

CAMPAIGNS = frozenset("campaign program programme asset activity resource download".split())
"""Words that are in the lists below and mean no event's day."""

FORMAT = frozenset("online virtual digital hybrid virtuelle virtuelles digitale digitales".split())
"""Words that, beside one for an event, do not change its meaning."""

PERHAPS_EVENT = frozenset(
    "meeting course training class call show demo lecture talk keynote besprechung kurs formation cours reunion curso "
    "reuniao corso riunione incontro formazione cursus vergadering vergader opleiding activity activite actividad "
    "aktivitat asset download resource campaign program programme".split()
)
"""Words that mean an event if `title`, `name` or `topic` is added."""

NAME = frozenset(
    "name title topic subject titel thema bezeichnung nom titre intitule sujet theme nombre titulo tema asunto "
    "nome assunto titolo oggetto argomento naam onderwerp topico".split()
)

BARE_TITLE = frozenset(
    "title titel titre titulo titolo subject betreff sujet asunto assunto oggetto argomento onderwerp topic thema "
    "theme tema content inhalt contenu contenido conteudo contenuto inhoud campaign kampagne campagne campana "
    "campanha campagna program programme programm programma programa meeting course training besprechung kurs "
    "formation cours reunion curso reuniao corso riunione formazione cursus vergadering opleiding".split()
)
"""Words that are ambiguous alone: `Title` may be a person's job or salutation."""

TOPIC = frozenset("topic thema theme tema topico argomento".split())

MEETING = frozenset(
    "join joined leave left meeting webinar beitritt beigetreten verlassen besprechung reunion participation "
    "union salida entrada reuniao saida ingresso riunione uscita deelname vergadering".split()
)
"""Words of a meeting's export, in which `Topic` is the event's."""

HINTS_OF_TITLE = (
    EVENT
    | PERHAPS_EVENT
    | BARE_TITLE
    | frozenset(
        "form product item service offer registeredfor produkt produit producto produto prodotto artikel article "
        "articulo artigo articolo guide whitepaper ebook report checklist template dienst dienstleistung servicio "
        "servico servizio".split()
    )
)

GIVEN_NAME = frozenset(
    "first last full given family middle user display original preferred maiden contact attendee participant "
    "registrant invitee guest customer client lead person member teilnehmer kontakt kunde completo complet "
    "famille usuario utente utilisateur gebruiker volledige nach vor".split()
)
"""Words that, added to `name`, mean a person's name."""

WHO = frozenset(
    "forename surname firstname lastname fullname vorname nachname familienname prenom apellido apellidos "
    "sobrenome cognome voornaam achternaam company firma unternehmen societe entreprise empresa compania azienda "
    "societa ditta bedrijf organization organisation organizacion organizacao organizzazione organisatie account "
    "employer arbeitgeber employeur salutation anrede civilite tratamiento tratamento aanhef prefix suffix job "
    "jobtitle position role rolle funktion fonction funcao cargo puesto ruolo functie beruf poste department "
    "abteilung departement departamento reparto afdeling seniority industry branche secteur sector setor "
    "settore".split()
)
"""Words for a person's name and work: in such a heading `Title` may be a job title."""

PERSON = WHO | frozenset(
    "phone telefon telephone telefono telefone telefoon mobile handy mobil cell fax address adresse direccion "
    "endereco indirizzo adres street strasse rue calle rua via city town ort stadt ville ciudad cidade citta stad "
    "plaats state province provincia county region country land pays pais paese zip zipcode plz postal postcode "
    "gender geschlecht sexe genero genere geslacht nationality".split()
)
"""Words for a person's name, work and contact data."""

ELSE = frozenset(
    "ticket ad adset useragent "
    "id uuid guid key code number nr no num status statut estado stato source quelle fuente origem fonte bron "
    "owner type typ tipo score rating url uri link website web language sprache langue idioma lingua taal "
    "currency wahrung price preis prix precio preco prezzo amount total paid fee fees quantity qty duration "
    "minutes dauer duree duracion duracao durata duur utm medium consent optin optout unsubscribed approved "
    "approval genehmigung genehmigungs bestell nummer "
    "guest platform device browser ip timezone zone tag tags list segment stage phase reason method "
    "payment coupon promo discount tax count attended canceled cancelled confirmed registered group tier "
    "affiliate network gdpr dsgvo rgpd newsletter size revenue recording connection salesrep rep host organizer "
    "organiser speaker presenter panelist moderator location venue room place by".split()
)
"""Words that rule out an event's title, whatever the column contains."""

OF_EVENT = PERSON | ELSE - frozenset("approved attended canceled cancelled confirmed registered by form tags".split())
"""Words that, beside one for an event, mean data about it: `Webinar Status`, `Session Timezone`, `Event City`."""

REASONS = frozenset("how why hear heard wie warum comment pourquoi como come perche hoe waarom".split())
"""Words of questions that rule out a title, whatever else they mention."""

NOTE = frozenset("note notes notiz notizen nota notas notitie notities".split())
LIKELY_NOTE = frozenset(
    "comment comments remark remarks kommentar kommentare bemerkung bemerkungen anmerkung anmerkungen commentaire "
    "commentaires remarque remarques comentario comentarios observacion observaciones observacao observacoes "
    "commento commenti osservazioni opmerking opmerkingen".split()
)

EMAIL = frozenset("email emails mail mails courriel mel correo".split())
ADDRESS = frozenset(
    "address addr adresse adress direccion endereco indirizzo adres electronique electronica electronico "
    "eletronico elettronica elettronico id".split()
)
ATTENDEE = frozenset(
    "attendee participant registrant invitee teilnehmer teilnehmerin inscrit invite asistente participante "
    "inscrito partecipante iscritto invitato deelnemer genodigde".split()
)
"""Words for the person who attended the event."""

REGISTRANT = frozenset("registrant inscrit inscrito iscritto".split())
"""Those of them that only say that somebody registered, possibly for other people."""

PERSONS_OWN = ATTENDEE | frozenset(
    "user contact lead person recipient subscriber asker viewer visitor delegate student learner applicant besucher "
    "visiteur visitante visitatore bezoeker work business company corporate professional primary main "
    "kontakt empfanger geschaftlich dienstlich geschaftliche professionnel professionnelle travail trabajo "
    "profesional trabalho profissional lavoro professionale aziendale werk zakelijk zakelijke benutzer "
    "utilisateur usuario utente gebruiker what is was ist lautet quel quelle est cual es qual e wat".split()
)
"""Words that, added to `email`, mean the person's own address."""

SOMEBODY_ELSE = frozenset(
    "owner host organizer organiser referrer referral referred referer sales rep salesrep representative manager "
    "assistant creator created sender from inviter inviting presenter speaker panelist moderator trainer instructor "
    "coach agent admin administrator assigned assignee support reply cc bcc billing order buyer purchaser payer "
    "comprador acheteur acquirente besteller kaufer koper booker bucher rechnung rechnungs facturation facturacion "
    "faturamento fatturazione factuur emergency spouse partner sponsor vendor staff employee mitarbeiter medewerker "
    "empleado dipendente consultant advisor parent guest secondary alternate alternative backup confirm confirmation "
    "other by scheduled booked account teacher supervisor approver friend besitzer eigentumer gastgeber veranstalter "
    "organisator ansprechpartner betreuer vertrieb empfehler bestatigung absender verkaufer proprietaire hote "
    "organisateur parrain commercial expediteur responsable propietario anfitrion organizador vendedor remitente "
    "comercial asesor proprietario anfitriao remetente organizzatore relatore venditore mittente eigenaar gastheer "
    "verkoper afzender beheerder begeleider vorgesetzter vorgesetzte vorgesetzten superieur jefe chefe responsabile "
    "leidinggevende".split()
)
"""Words that mean an address of somebody else than the person who attended."""

FROM, TO = frozenset({"from"}), frozenset({"to"})

DATE = frozenset(
    "date datetime time timestamp day datum zeit uhrzeit zeitpunkt tag zeitstempel horodateur heure jour fecha "
    "hora dia data ora giorno orario tijd tijdstip dag tijdstempel termin".split()
)
ITS_DAY = frozenset(
    "start starts started starting begin begins beginn began beginning debut inicio inizio aanvang begint join "
    "joined joining arrival arrivee ankunft unirse entrada ingresso "
    "beitritt beigetreten attended attendance attend attending teilnahme teilgenommen besucht "
    "besuch participation participated asistencia asistio presenca presence partecipazione deelname deelgenomen "
    "bijgewoond visit visited visite visita bezoek held live".split()
)
"""Words for the day of the event, or of a person's attendance."""

START = frozenset("start starts started starting begin begins beginn beginning debut inicio inizio aanvang".split())
BESIDE_DATE = frozenset(
    "utc gmt local cet est pst edt pdt cest at on in am um zum y e et und and en actual scheduled planned first "
    "erste erster erstes primera primer primeira primeiro premiere premier prima primo eerste "
    "mm dd yyyy yy jj aaaa tt jjjj gg metadata for para von desde".split()
)
"""Words that do not change the meaning of a word for a date."""

ENTERED = frozenset("entered entry entree checkin checkedin".split())
LEFT = frozenset(
    "left leave exit exited checkout checkedout verlassen verlassens austritt sortie depart salida saida uscita "
    "vertrek deconnexion".split()
)
JOINED = frozenset(
    "join joined joining beitritt beigetreten arrivee connexion union unirse entrada ingresso deelname".split()
)
"""Words for the times when somebody left and joined."""
NO_EVENTS_DAY = frozenset(
    "checkout checkedout "
    "end ends ended ende fin fim fine einde leave left leaves exit verlassen verlassens austritt sortie salida saida "
    "uscita vertrek expiry expires expiration expired valid until due deadline renewal unsubscribed unsubscribe "
    "bounced bounce hire hired ablauf depart deconnexion desconexion finalizacion termino encerramento bis hasta next "
    "nachste nachster nachstes prochain prochaine proximo proxima prossimo volgende followup wiedervorlage relance "
    "reminder erinnerung kundigung kundigungs eintritts caducidad vencimiento vencimento validade expiracion echeance "
    "scadenza verval".split()
)
BIRTH = frozenset(
    "birth birthday birthdate dob born geburt geburtstag geboren naissance nacimiento cumpleanos nascimento "
    "aniversario anniversary jahrestag nascita compleanno geboorte verjaardag geburts anniversaire".split()
)
LATER_OR_BEFORE = frozenset(
    "ingeschreven bekeken angesehen visionne connexion conexion conexao connessione created create creation creating "
    "modified modify modification updated update updating changed change last latest recent activity registered "
    "register registration registering signup signedup submit submitted submission completion completed order ordered "
    "purchase purchased booking booked invited sent opened clicked checkedin checkin approved cancelled canceled "
    "downloaded imported added synced login loggedin seen viewed achat compra acquisto kauf erstellt erstell "
    "erstellung angelegt geandert anderung aktualisiert letzte letzter letztes enrolled enrollment enrolment "
    "registrierung registriert anmeldung angemeldet anmelde bestellung gebucht buchung eingereicht cree modifie "
    "derniere dernier inscription inscrit commande creado creacion modificado modificacion ultima ultimo ultimas "
    "registro inscripcion pedido envio criado criacao atualizado inscricao cadastro creato creazione modificato "
    "modifica iscrizione registrazione ordine aangemaakt gemaakt gewijzigd bijgewerkt laatste registratie aanmelding "
    "inschrijving bestelling".split()
)
"""Words for the day on which a row was created or changed, or the person registered."""

ARRIVED = frozenset("checkin checkedin eingecheckt".split())
LOGGED_IN = frozenset(
    "login loggedin seen viewed bekeken angesehen visionne connexion conexion conexao connessione".split()
)
"""Words for the day of a person's attendance, which may be later than the event."""

CREATED = frozenset(
    "created create creation erstellt erstell erstellung angelegt cree creado creacion criado criacao creato "
    "creazione aangemaakt gemaakt".split()
)
CHANGED = frozenset(
    "modified modify modification updated update changed change last latest activity geandert anderung "
    "aktualisiert letzte letzter modifie derniere dernier modificado modificacion ultima ultimo atualizado "
    "modificato modifica gewijzigd bijgewerkt laatste".split()
)
CRM = frozenset("owner record besitzer eigentumer proprietaire propietario proprietario eigenaar".split())
"""Words of a CRM's list of records, in which `Create Date` belongs to the record."""

OF_ONE_LANGUAGE = frozenset(
    "ihre zeit adresse datum uhrzeit zeitpunkt zeitstempel vorname nachname firma unternehmen veranstaltung "
    "teilnehmer rolle anrede strasse ort telefon horodateur heure prenom nom societe entreprise courriel connexion "
    "inscription reunion atelier billet "
    "fecha hora nombre apellido apellidos correo telefono evento empresa asistente puesto taller primera ultima salida "
    "nome telefone endereco sobrenome compra ingresso inscricao presenca carimbo cognome azienda societa indirizzo "
    "orario iscrizione "
    "tijdstip voornaam achternaam bedrijf deelnemer tijdstempel".split()
)
"""Words that, if several occur, identify a heading in a language that writes the day before the month."""

FORM = frozenset(
    "recorded submit submitted submission completion respondent collector response survey question network".split()
)
"""Words of a form's answers, in which `Start` is the time when somebody began the form."""

_YES = "yes y true 1 ja oui si sim wahr vrai verdadero vero waar x tak да evet はい 是 예 네"
_NO = "no n false 0 nein non nao nee falsch faux falso onwaar nie нет hayır いいえ 否 아니요 아니오"
YES = frozenset(map(unaccented, _YES.split()))
YES_OR_NO = YES | frozenset(map(unaccented, f"{_NO} on off checked unchecked".split()))

USERS = frozenset("user benutzer utilisateur usuario utente gebruiker".split())

CAME_OR_NOT = frozenset(
    "attended attendance participated participation present teilgenommen teilnahme anwesend anwesenheit erschienen "
    "asistio asistencia presenca compareceu participou presenza presente participe presence partecipazione "
    "partecipato bijgewoond aanwezig aanwezigheid deelgenomen deelname checkin checkedin eingecheckt".split()
)
"""Words for a column of attendance."""

ACTIVITIES = (
    LATER_OR_BEFORE
    | JOINED
    | LEFT
    | CAME_OR_NOT
    | frozenset(
        "open click delivered delivery processed deferred dropped bounced bounce unsubscribe spamreport visit start "
        "submit placed started ended watched cancelled canceled geoffnet geklickt zugestellt ouvert clique "
        "abierto".split()
    )
)
"""Words for what somebody did."""

OF_AN_ACTIVITY = frozenset(
    "email mail message form page link event webinar meeting session participant attendee registrant user "
    "contact".split()
)
"""Words beside them: `participant_joined`."""

MEETINGS = frozenset(
    "meeting course training besprechung kurs formation cours reunion curso reuniao corso riunione formazione "
    "cursus vergadering vergader opleiding".split()
)
"""Words for a meeting or a course."""

TITLES = frozenset("title titel titre titulo titolo subject sujet asunto assunto oggetto onderwerp theme tema".split())
"""Words for a title that may mean a person's: `Title`, not `Campaign`."""

STATUS = frozenset("status state estado statut stato".split())
BESIDE_CAME = EVENT | STATUS | frozenset("live did ha hat".split())

STAMPS = frozenset({"timestamp", "zeitstempel", "horodateur", "tijdstempel"})
