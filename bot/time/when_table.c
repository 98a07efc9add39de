/* The words that dates are made of, in both languages (dates.md). */
#include "time/when_table.h"

const struct when_entry when_table[] = {
    /* R8: weekdays */
    { WORD_WEEKDAY, 0, WHEN_ANY, "monday|lundi" },
    { WORD_WEEKDAY, 1, WHEN_ANY, "tuesday|mardi" },
    { WORD_WEEKDAY, 2, WHEN_ANY, "wednesday|mercredi" },
    { WORD_WEEKDAY, 3, WHEN_ANY, "thursday|jeudi" },
    { WORD_WEEKDAY, 4, WHEN_ANY, "friday|vendredi" },
    { WORD_WEEKDAY, 5, WHEN_ANY, "saturday|samedi" },
    { WORD_WEEKDAY, 6, WHEN_ANY, "sunday|dimanche" },
    { WORD_WEEKDAY_SHORT, 0, WHEN_ANY, "mon|lun" },
    { WORD_WEEKDAY_SHORT, 1, WHEN_ANY, "tue|tues" },
    { WORD_WEEKDAY_SHORT, 2, WHEN_ANY, "wed|weds|mer" },
    { WORD_WEEKDAY_SHORT, 3, WHEN_ANY, "thu|thur|thurs|jeu" },
    { WORD_WEEKDAY_SHORT, 4, WHEN_ANY, "fri|ven" },
    { WORD_WEEKDAY_SHORT, 5, WHEN_ANY, "sat|sam" },
    { WORD_WEEKDAY_SHORT, 6, WHEN_ANY, "sun|dim" },
    { WORD_WEEKDAY_SHORT, 1, WHEN_FRENCH, "mar" },
    /* R17: months */
    { WORD_MONTH, 1, WHEN_ANY, "january|janvier|jan|janv" },
    { WORD_MONTH, 2, WHEN_ANY, "february|fevrier|feb|fevr" },
    { WORD_MONTH, 3, WHEN_ANY, "march|mars" },
    { WORD_MONTH, 4, WHEN_ANY, "april|avril|apr|avr" },
    { WORD_MONTH, 5, WHEN_ANY, "may|mai" },
    { WORD_MONTH, 6, WHEN_ANY, "june|juin|jun" },
    { WORD_MONTH, 7, WHEN_ANY, "july|juillet|jul|juil" },
    { WORD_MONTH, 8, WHEN_ANY, "august|aout|aug" },
    { WORD_MONTH, 9, WHEN_ANY, "september|septembre|sep|sept" },
    { WORD_MONTH, 10, WHEN_ANY, "october|octobre|oct" },
    { WORD_MONTH, 11, WHEN_ANY, "november|novembre|nov" },
    { WORD_MONTH, 12, WHEN_ANY, "december|decembre|dec" },
    { WORD_MONTH, 3, WHEN_ENGLISH, "mar" },
    /* R10: days seen from today */
    { WORD_DAY, 0, WHEN_ANY, "today|ce jour|aujourd ' hui|aujourdhui|aujourd hui" },
    { WORD_DAY, 1, WHEN_ANY, "tomorrow|demain" },
    { WORD_DAY, 2, WHEN_ANY, "day after tomorrow|the day after tomorrow|apres - demain|apres demain" },
    /* R12: parts of the day */
    { WORD_TODAY_PART, PART_EVENING, WHEN_ANY, "tonight|this evening|ce soir" },
    { WORD_TODAY_PART, PART_MORNING, WHEN_ANY, "this morning|ce matin" },
    { WORD_TODAY_PART, PART_AFTERNOON, WHEN_ANY,
      "this afternoon|cet aprem|cette aprem|cet apres - midi|cet apres midi|cette apres - midi|cette apres midi" },
    { WORD_TODAY_PART, PART_OTHER, WHEN_ANY, "this lunch|this lunchtime|ce midi" },
    { WORD_TODAY_PART, PART_NIGHT, WHEN_ANY, "cette nuit" },
    { WORD_PART, PART_MORNING, WHEN_ANY,
      "morning|in the morning|matin|du matin|le matin|au matin|matinee|la matinee|en matinee|"
      "dans la matinee" },
    { WORD_PART, PART_AFTERNOON, WHEN_ANY,
      "afternoon|in the afternoon|aprem|apres - midi|apres midi|de l ' apres - midi|de l ' apres midi|"
      "l ' apres - midi|l ' apres midi|dans l ' apres - midi|dans l ' apres midi" },
    { WORD_PART, PART_EVENING, WHEN_ANY,
      "evening|in the evening|soir|du soir|le soir|au soir|soiree|la soiree|en soiree|dans la soiree" },
    { WORD_PART, PART_NIGHT, WHEN_ANY, "night|at night|in the night|nuit|la nuit|de la nuit|dans la nuit" },
    { WORD_PART, PART_OTHER, WHEN_ANY,
      "mid - morning|mid morning|mid - afternoon|mid afternoon|fin de matinee|en fin de matinee|"
      "debut de matinee|en debut de matinee|fin d ' apres - midi|en fin d ' apres - midi|"
      "debut d ' apres - midi|en debut d ' apres - midi|fin de soiree|en fin de soiree|"
      "debut de soiree|en debut de soiree|"
      "lunch|lunchtime|lunch time|at lunch|at lunchtime|dejeuner|le dejeuner|au dejeuner|first thing|"
      "a la premiere heure|premiere heure|early|late|tot|tard" },
    /* R9: which of the weekdays */
    { WORD_NEXT, 0, WHEN_ANY, "next|prochain" },
    { WORD_THIS, 0, WHEN_ANY, "this|this coming|coming|upcoming|ce" },
    { WORD_THIS, 1, WHEN_ANY, "qui vient" },
    { WORD_FOLLOWING, 1, WHEN_ANY, "after next" },
    { WORD_FOLLOWING, 0, WHEN_ANY, "following|d ' apres|suivant" },
    { WORD_LATER, 7, WHEN_ANY, "en huit" },
    { WORD_LATER, 14, WHEN_ANY, "en quinze|fortnight" },
    { WORD_WEEK, 1, WHEN_ANY,
      "next week|of next week|semaine prochaine|la semaine prochaine|de la semaine prochaine|"
      "de semaine prochaine" },
    { WORD_WEEK, 0, WHEN_ANY, "this week|of this week|cette semaine|de cette semaine" },
    /* R4, R25: deadline words */
    { WORD_LEAD, LEAD_PLAIN, WHEN_ANY, "on|pour" },
    { WORD_LEAD, LEAD_ORDINAL, WHEN_ANY, "the" },
    { WORD_LEAD, LEAD_ARTICLE, WHEN_ANY, "le|au" },
    { WORD_LEAD, LEAD_NONE | LEAD_CLOSING, WHEN_ANY, "at the latest" },
    { WORD_AT, LEAD_PLAIN, WHEN_ANY, "at|@|a" },
    { WORD_BY, LEAD_LENGTH, WHEN_ANY, "by|d ' ici|d ' ici a" },
    { WORD_BY, LEAD_ARTICLE, WHEN_ANY, "d ' ici au|jusqu ' au" },
    { WORD_BY, LEAD_SPAN, WHEN_ANY, "until|til|jusqu ' a" },
    { WORD_BY, LEAD_NONE, WHEN_ANY, "due" },
    { WORD_BY, LEAD_HOURS, WHEN_ANY, "no later than|not later than|on or before" },
    { WORD_BY, LEAD_HOURS | LEAD_CLOSING, WHEN_ANY, "au plus tard" },
    { WORD_BEFORE, LEAD_HOURS, WHEN_ANY, "before|avant" },
    { WORD_IN, 0, WHEN_ANY,
      "in|within|dans|sous|in the next|within the next|dans les|dans les prochains|dans les prochaines" },
    { WORD_LABEL, LEAD_NONE, WHEN_ANY, "deadline|echeance" },
    /* R5, R6: clock times */
    { WORD_NOON, 0, WHEN_ANY, "noon|12 noon|midday|midi" },
    { WORD_NOON, 30, WHEN_ANY, "midi et demi|midi et demie" },
    { WORD_NOON, 15, WHEN_ANY, "midi et quart" },
    { WORD_NOON, -15, WHEN_ANY, "midi moins le quart" },
    { WORD_MIDNIGHT, 0, WHEN_ANY, "midnight|12 midnight|minuit" },
    { WORD_EXACT, 0, WHEN_ANY, "sharp|pile|precise|precises" },
    { WORD_QUARTER, 30, WHEN_ANY, "half past|et demie|et demi" },
    { WORD_QUARTER, 15, WHEN_ANY, "quarter past|a quarter past|et quart" },
    { WORD_QUARTER, -15, WHEN_ANY, "quarter to|a quarter to|moins le quart" },
    { WORD_AM, 0, WHEN_ANY, "am|a . m" },
    { WORD_PM, 0, WHEN_ANY, "pm|p . m" },
    /* R9, R14, R17: a time, but no day */
    { WORD_HAZE, 0, WHEN_ANY,
      "mid|mid -|mi|mi -|sometime|debut|debut de|debut du|debut de la|milieu de|milieu du|courant|"
      "courant du|courant de la|dans le courant du|dans le courant de la|beginning of|"
      "the beginning of|beginning of the|the beginning of the|start of|start of the|the start of|"
      "the start of the|middle of|middle of the|the middle of|the middle of the|debut d '|debut de l '|milieu d '|"
      "during|pendant|milieu de l '|milieu de la|en debut de|en debut d '|au debut de|au debut du|au debut de la|"
      "courant de l '|in|en|dans" },
    { WORD_VAGUE, 0, WHEN_ANY,
      "weekend|week end|le week end|ce week end|the weekend|this weekend|next weekend|week - end|"
      "le week - end|ce week - end|"
      "ce weekend|le weekend|week - end prochain|weekend prochain|le week - end prochain|"
      "le weekend prochain|the week|la semaine|the month|le mois|next month|this month|mois prochain|"
      "le mois prochain|ce mois|ce mois - ci|soon|bientot|week after next|the week after next|"
      "following week|the following week|semaine suivante|la semaine suivante|semaine d ' apres|"
      "la semaine d ' apres" },
    { WORD_VAGUE, 8, WHEN_ANY,
      "huitaine|une huitaine|la huitaine|sous huitaine|huitaine de jours|une huitaine de jours" },
    { WORD_VAGUE, 15, WHEN_ANY,
      "quinzaine|une quinzaine|la quinzaine|sous quinzaine|quinzaine de jours|une quinzaine de jours" },
    /* R16: ends */
    { WORD_END, 0, WHEN_ANY,
      "end of|end of the|the end of|the end of the|fin|fin de|fin du|fin de la|la fin de|la fin du|"
      "la fin de la|en fin de|fin d '|fin de l '|la fin d '|la fin de l '|en fin d '" },
    { WORD_END_OF_DAY, 0, WHEN_ANY,
      "end of business|end of business day|end of the business day|end of working day|end of the working day|"
      "close of play|end of play|end of day|end of the day|the end of the day|the end of day|eod|cob|eob|close of business|"
      "fin de journee|fin de la journee|en fin de journee|en fin de la journee|la fin de la journee|"
      "la fin de journee" },
    { WORD_END_OF_WEEK, 0, WHEN_ANY,
      "end of week|end of the week|the end of the week|the end of week|eow|fin de la semaine|"
      "la fin de la semaine|en fin de semaine|la fin de semaine|fin de semaine" },
    { WORD_END_OF_MONTH, 0, WHEN_ANY,
      "end of month|end of the month|the end of the month|the end of month|end of this month|"
      "the end of this month|eom|fin du mois|fin de mois|la fin du mois|la fin de mois|"
      "fin de ce mois|la fin de ce mois" },
    { WORD_END_OF_MONTH, 1, WHEN_ANY,
      "end of next month|end of the next month|the end of next month|the end of the next month|"
      "fin du mois prochain|la fin du mois prochain|fin de mois prochain" },
    /* R23: said to be past */
    { WORD_PAST, 1, WHEN_ANY, "yesterday|hier" },
    { WORD_PAST, 0, WHEN_ANY, "last|dernier|ago" },
    /* R13: numbers and units */
    { WORD_NUMBER, 1, WHEN_ANY, "one|a|an|un|une" },
    { WORD_NUMBER, 2, WHEN_ANY, "two|deux" },
    { WORD_NUMBER, 3, WHEN_ANY, "three|trois" },
    { WORD_NUMBER, 4, WHEN_ANY, "four|quatre" },
    { WORD_NUMBER, 5, WHEN_ANY, "five|cinq" },
    { WORD_NUMBER, 6, WHEN_ANY, "six" },
    { WORD_NUMBER, 7, WHEN_ANY, "seven|sept" },
    { WORD_NUMBER, 8, WHEN_ANY, "eight|huit" },
    { WORD_NUMBER, 9, WHEN_ANY, "nine|neuf" },
    { WORD_NUMBER, 10, WHEN_ANY, "ten|dix" },
    { WORD_NUMBER, 11, WHEN_ANY, "eleven|onze" },
    { WORD_NUMBER, 12, WHEN_ANY, "twelve|douze" },
    { WORD_NUMBER, 13, WHEN_ANY, "thirteen|treize" },
    { WORD_NUMBER, 14, WHEN_ANY, "fourteen|quatorze" },
    { WORD_NUMBER, 15, WHEN_ANY, "fifteen|quinze" },
    { WORD_NUMBER, 16, WHEN_ANY, "sixteen|seize" },
    { WORD_NUMBER, 17, WHEN_ANY, "seventeen" },
    { WORD_NUMBER, 18, WHEN_ANY, "eighteen" },
    { WORD_NUMBER, 19, WHEN_ANY, "nineteen" },
    { WORD_NUMBER, 0, WHEN_ANY, "zero" },
    { WORD_TENS, 20, WHEN_ANY, "twenty|vingt" },
    { WORD_TENS, 30, WHEN_ANY, "thirty|trente" },
    { WORD_TENS, 40, WHEN_ANY, "forty|quarante" },
    { WORD_TENS, 50, WHEN_ANY, "fifty|cinquante" },
    { WORD_PIECES, 30, WHEN_ANY, "half an hour|half hour|a half hour|une demi - heure|une demi heure" },
    { WORD_PIECES, 15, WHEN_ANY, "a quarter of an hour|quarter of an hour|un quart d ' heure" },
    { WORD_PIECES, 45, WHEN_ANY, "three quarters of an hour|trois quarts d ' heure" },
    { WORD_PIECES, 90, WHEN_ANY, "an hour and a half" },
    { WORD_UNIT, UNIT_MINUTE, WHEN_ANY, "min|minute|minutes" },
    { WORD_UNIT, UNIT_HOUR, WHEN_ANY, "hour|hours" },
    { WORD_UNIT, UNIT_DAY, WHEN_ANY, "day|days" },
    { WORD_UNIT, UNIT_WEEK, WHEN_ANY, "week|weeks|semaine|semaines" },
    { WORD_UNIT, UNIT_MONTH, WHEN_ANY, "month|months|mois" },
    { WORD_UNIT, UNIT_FORTNIGHT, WHEN_ANY, "fortnight|fortnights" },
    { WORD_UNIT_FRENCH, UNIT_HOUR, WHEN_ANY, "h|heure|heures" },
    { WORD_UNIT_FRENCH, UNIT_DAY, WHEN_ANY, "jour|jours" },
    { WORD_FROM_NOW, 0, WHEN_ANY, "from now" },
    { WORD_FROM_NOW, 1, WHEN_ANY, "from today|a partir d ' aujourd ' hui|a partir de maintenant" },
    { WORD_WORKING, 0, WHEN_ANY, "working|business|ouvre|ouvres|ouvree|ouvrees" },
    { WORD_OPEN_DAYS, 0, WHEN_ANY, "ouvrable|ouvrables" },
    /* R24: no deadline */
    { WORD_NOT, 1, WHEN_ANY, "not|every|each|chaque|tous les|toutes les|except|sauf" },
    { WORD_NOT, 0, WHEN_ANY, "since|depuis|between|entre|without|never|pas|jamais" },
    { WORD_OR, 0, WHEN_ANY, "or|and|to|through|thru|ou|et" },
    /* R24: no deadline either, but a time stands beside it, which is asked */
    { WORD_HEDGE, 0, WHEN_ANY,
      "around|about|vers|circa|towards|~|aux environs de|autour de|"
      "aux alentours de|from|starting|starting on|a partir de|a compter de" },
    { WORD_HEDGE, HEDGE_EITHER, WHEN_ANY, "environ|approximately|approx|roughly" },
    { WORD_HEDGE, HEDGE_ARTICLE, WHEN_ANY, "a partir du|a compter du" },
    { WORD_HEDGE, HEDGE_AFTER, WHEN_ANY, "after|apres" },
    { WORD_HEDGE, HEDGE_BEHIND, WHEN_ANY, "at the earliest|au plus tot" },
    /* R13: no number, or none that is certain */
    { WORD_SOME, 0, WHEN_ANY, "a few|few|quelques|several|plusieurs|some" },
    { WORD_SOME, 2, WHEN_ANY, "a couple of|couple of|a couple" },
    { WORD_SOME, 10, WHEN_ANY, "une dizaine de|une dizaine d '" },
    { WORD_SOME, 12, WHEN_ANY, "une douzaine de|une douzaine d '" },
    { WORD_SOME, 20, WHEN_ANY, "une vingtaine de|une vingtaine d '" },
    { WORD_SOME, 30, WHEN_ANY, "une trentaine de|une trentaine d '" },
    { WORD_UNIT, UNIT_YEAR, WHEN_ANY, "year|years|an|ans" },
    { WORD_UNIT_BRIEF, UNIT_MINUTE, WHEN_ANY, "mins|mn" },
    { WORD_UNIT_BRIEF, UNIT_HOUR, WHEN_ANY, "hr|hrs" },
    { WORD_UNIT_BRIEF, UNIT_DAY, WHEN_ANY, "d|j" },
    { WORD_UNIT_BRIEF, UNIT_WEEK, WHEN_ANY, "wk|wks|sem" },
    { WORD_UNIT_BRIEF, UNIT_YEAR, WHEN_ANY, "yr|yrs" },
    { WORD_POLITE, 0, WHEN_ANY,
      "latest|at latest|max|tops|or so|or thereabouts|onwards|onward|maybe|if possible|si possible|peut - etre|"
      "au max|au maximum|inclus|compris|included|inclusive|till|up to|please|pls|plz|svp|stp|s ' il vous plait|s ' il te plait|merci|thanks|thank you|thx" },
    /* The nth of a month, a quarter, a year */
    { WORD_NTH, 1, WHEN_ANY, "first|1 st|premier|premiere|1 er|1 ere|1 re" },
    { WORD_NTH, 2, WHEN_ANY, "second|2 nd|deuxieme|seconde|2 e|2 eme" },
    { WORD_NTH, 3, WHEN_ANY, "third|3 rd|troisieme|3 e|3 eme" },
    { WORD_NTH, 4, WHEN_ANY, "fourth|4 th|quatrieme|4 e|4 eme" },
    { WORD_NTH, 5, WHEN_ANY, "fifth|5 th|cinquieme|5 e|5 eme" },
    { WORD_NTH, NTH_LAST, WHEN_ANY, "last|very last|dernier|derniere|tout dernier" },
    { WORD_NTH, NTH_LAST - 1, WHEN_ANY,
      "second last|second to last|penultimate|last but one|avant - dernier|avant dernier" },
    { WORD_NTH_OF, NTH_ANY_DAY, WHEN_ANY, "day|jour" },
    { WORD_NTH_OF, NTH_WORKING_DAY, WHEN_ANY,
      "working day|business day|workday|work day|jour ouvre|jour de travail|jour travaille" },
    { WORD_NTH_OF, NTH_OPEN_DAY, WHEN_ANY, "jour ouvrable" },
    { WORD_NTH_OF, NTH_WEEK, WHEN_ANY, "week|semaine|days|jours|weekend|week - end|half|moitie|quinzaine" },
    { WORD_OF, 0, WHEN_ANY, "of|of the|in|in the|du|de|de la|de l '|d '|en" },
    { WORD_PERIOD, PERIOD(1, 0), WHEN_ANY,
      "month|the month|this month|current month|mois|le mois|ce mois|ce mois - ci|mois courant|mois en cours" },
    { WORD_PERIOD, PERIOD(1, 1), WHEN_ANY,
      "next month|the next month|mois prochain|le mois prochain|prochain mois" },
    { WORD_PERIOD, PERIOD(3, 0), WHEN_ANY,
      "quarter|the quarter|this quarter|current quarter|trimestre|le trimestre|ce trimestre|"
      "trimestre en cours" },
    { WORD_PERIOD, PERIOD(3, 1), WHEN_ANY,
      "next quarter|the next quarter|trimestre prochain|le trimestre prochain|prochain trimestre" },
    { WORD_PERIOD, PERIOD(12, 0), WHEN_ANY,
      "year|the year|this year|current year|the current year|annee|l ' annee|cette annee|annee en cours|"
      "l ' annee en cours" },
    { WORD_PERIOD, PERIOD(12, 1), WHEN_ANY,
      "next year|the next year|annee prochaine|l ' annee prochaine|an prochain|l ' an prochain|"
      "annee suivante" },
    { WORD_END_OF_PERIOD, PERIOD(3, 0), WHEN_ANY, "eoq|quarter end|quarter - end" },
    { WORD_END_OF_PERIOD, PERIOD(12, 0), WHEN_ANY, "eoy|year end|year - end" },
    { WORD_END_OF_PERIOD, PERIOD(1, 0), WHEN_ANY, "month end|month - end" },
    /* Feasts by their names */
    { WORD_FEAST, 101, WHEN_ANY,
      "new year ' s day|new years day|new year day|jour de l ' an|le jour de l ' an|premier de l ' an" },
    { WORD_FEAST, FEAST_DOUBTFUL + 101, WHEN_ANY,
      "new year|new year ' s|new years|the new year|nouvel an|le nouvel an|nouvelle annee" },
    { WORD_FEAST, 106, WHEN_ANY, "epiphany|epiphanie|l ' epiphanie" },
    { WORD_FEAST, 214, WHEN_ANY,
      "valentine ' s day|valentines day|saint - valentin|saint valentin|st valentin|st - valentin" },
    { WORD_FEAST, 317, WHEN_ANY,
      "st patrick ' s day|st patricks day|saint patrick ' s day|saint - patrick|saint patrick" },
    { WORD_FEAST, 501, WHEN_ANY, "may day|fete du travail|la fete du travail" },
    { WORD_FEAST, 714, WHEN_ANY, "bastille day" },
    { WORD_FEAST, 801, WHEN_ANY, "swiss national day|fete nationale suisse" },
    { WORD_FEAST, 815, WHEN_ANY, "assumption|assumption day|assomption|l ' assomption" },
    { WORD_FEAST, 1031, WHEN_ANY, "halloween" },
    { WORD_FEAST, 1101, WHEN_ANY, "all saints|all saints day|all saints ' day|toussaint|la toussaint" },
    { WORD_FEAST, 1111, WHEN_ANY, "armistice|armistice day|remembrance day|l ' armistice" },
    { WORD_FEAST, 1224, WHEN_ANY,
      "christmas eve|xmas eve|veille de noel|la veille de noel|reveillon de noel|le reveillon de noel" },
    { WORD_FEAST, 1225, WHEN_ANY, "christmas|christmas day|xmas|xmas day|noel|le jour de noel|jour de noel" },
    { WORD_FEAST, 1226, WHEN_ANY,
      "boxing day|st stephen ' s day|st stephens day|saint - etienne|lendemain de noel|le lendemain de noel" },
    { WORD_FEAST, 1231, WHEN_ANY,
      "new year ' s eve|new years eve|new year eve|nye|saint - sylvestre|saint sylvestre|la saint - sylvestre|"
      "la saint sylvestre|st sylvestre|st - sylvestre|reveillon du nouvel an|le reveillon du nouvel an|"
      "veille du nouvel an|la veille du nouvel an|veille du jour de l ' an|la veille du jour de l ' an" },
    { WORD_FEAST, FEAST_EASTER - 47, WHEN_ANY, "mardi gras|shrove tuesday|pancake day" },
    { WORD_FEAST, FEAST_EASTER - 46, WHEN_ANY, "ash wednesday|mercredi des cendres" },
    { WORD_FEAST, FEAST_EASTER - 7, WHEN_ANY, "palm sunday|dimanche des rameaux|les rameaux" },
    { WORD_FEAST, FEAST_EASTER - 3, WHEN_ANY, "maundy thursday|jeudi saint|le jeudi saint" },
    { WORD_FEAST, FEAST_EASTER - 2, WHEN_ANY, "good friday|vendredi saint|le vendredi saint" },
    { WORD_FEAST, FEAST_EASTER - 1, WHEN_ANY,
      "easter saturday|holy saturday|easter eve|samedi saint|samedi de paques|veille de paques|la veille de paques" },
    { WORD_FEAST, FEAST_EASTER, WHEN_ANY,
      "easter|easter sunday|easter day|paques|dimanche de paques|le dimanche de paques" },
    { WORD_FEAST, FEAST_EASTER + 1, WHEN_ANY, "easter monday|lundi de paques|le lundi de paques" },
    { WORD_FEAST, FEAST_EASTER + 39, WHEN_ANY,
      "ascension|ascension day|ascension thursday|l ' ascension|jeudi de l ' ascension|"
      "le jeudi de l ' ascension" },
    { WORD_FEAST, FEAST_EASTER + 49, WHEN_ANY,
      "pentecost|whitsun|whit sunday|pentecote|la pentecote|dimanche de pentecote|"
      "le dimanche de pentecote" },
    { WORD_FEAST, FEAST_EASTER + 50, WHEN_ANY,
      "whit monday|pentecost monday|lundi de pentecote|le lundi de pentecote" },
    { WORD_FEAST, FEAST_EASTER + 60, WHEN_ANY, "corpus christi|fete - dieu|fete dieu|la fete - dieu" },
    { WORD_FEAST, FEAST_LABOUR_DAY, WHEN_ANY, "labour day|labor day" },
    { WORD_FEAST, FEAST_THANKSGIVING, WHEN_ANY, "thanksgiving|thanksgiving day" },
};

const size_t when_table_n = sizeof when_table / sizeof *when_table;
