"""Words that stand beside the date of a document, as alternatives of regular expressions."""

PUBLISHED = "|".join(
    (
        r"(?:first |date |article )?(?:published|posted|publication|issued)"
        r"(?: (?:date|time|at|online))?",
        "post date|posting date|date|dated|date of (?:publication|issue|report|letter)|report date",
        "sent|submitted|presented|filed",
        "veröffentlicht|publiziert|erschienen|datum|erstellt|veröffentlichungsdatum",
        "publié|publiée|posté|mis en ligne|date de publication",
        "publicado|publicada|fecha|fecha de publicación|data|data de publicação",
        "pubblicato|pubblicata|data di pubblicazione",
        "gepubliceerd|geplaatst|datum van publicatie",
        "opublikowano|data publikacji|dodano",
        "опубликовано|дата|дата публикации",
        "发布时间|发布日期|发布于|发表于|日期|时间|公開日|投稿日|発行日|掲載日|作成日",
    )
)

UPDATED = "|".join(
    (
        r"(?:last |page last |page )?(?:updated|modified|revised|reviewed|changed|edited|amended)"
        r"(?: (?:date|at))?",
        r"this (?:page|article|document) was last (?:updated|modified|edited|changed)",
        r"(?:date )?(?:last )?(?:updated|modified|revised|created)|update|last (?:update|change)",
        r"revision date|date of (?:last )?(?:revision|update)|effective(?: date)?|created",
        "stand|zuletzt (?:geändert|aktualisiert|bearbeitet)|aktualisiert|geändert|letzte änderung",
        "mis à jour|mise à jour|dernière (?:mise à jour|modification)|modifié",
        "actualizado|actualizada|última actualización|atualizado|última atualização|modificado",
        "aggiornato|aggiornata|ultimo aggiornamento|ultima modifica",
        "bijgewerkt|laatst (?:bijgewerkt|gewijzigd)|gewijzigd",
        "aktualizacja|zaktualizowano|ostatnia (?:aktualizacja|zmiana|modyfikacja)",
        "обновлено|изменено|последнее (?:обновление|изменение)",
        "更新时间|更新日期|更新于|最后更新|最終更新日?|更新日",
    )
)

KINDS = "|".join(
    (
        "minutes|agenda|newsletter|bulletin|memo|memorandum|communiqué|circular|gazette",
        "(?:press|news|media) (?:release|statement|notice)|meeting notes|notes|weekly report",
        "status report|release notes|official journal",
        "protokoll|pressemitteilung|rundbrief|sitzungsprotokoll|niederschrift",
        "procès-verbal|compte rendu|communiqué de presse|ordre du jour",
        "acta|comunicado(?: de prensa)?|comunicato(?: stampa)?|verbale|ata|notulen|persbericht",
        "protokół|komunikat(?: prasowy)?|протокол|пресс-релиз",
    )
)

EVENT_WORDS = "|".join(
    (
        "born|birth|died|death|founded|established|started?|begins?|began|ends?|ended|due|expir",
        "deadline|opened|closed|released?|launch|wedding|married|event|valid|until|trial|best",
        "geboren|gestorben|gegründet|né|née|nacido|nato|urodzon|родил",
    )
)

AGENCIES = "|".join(
    (
        "AP|AFP|Reuters|REUTERS|dpa|EFE|ANSA|UPI|Xinhua|TASS|PTI|Bloomberg|PRNewswire|PR Newswire",
        "GLOBE NEWSWIRE|BUSINESS WIRE|Business Wire|Newsfile|ACCESSWIRE|CNW|EINPresswire",
    )
)
