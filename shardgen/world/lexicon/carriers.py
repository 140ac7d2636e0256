"""Who carries parcels, by the country that they go to: three for each, the commonest first."""

from __future__ import annotations

CARRIERS = {
    "US": ("UPS", "USPS", "FedEx"),
    "GB": ("Royal Mail", "DPD", "Evri"),
    "DE": ("DHL", "Hermes", "DPD"),
    "FR": ("Colissimo", "Chronopost", "DPD"),
    "CA": ("Canada Post", "Purolator", "UPS"),
    "AU": ("Australia Post", "StarTrack", "DHL"),
    "NL": ("PostNL", "DHL", "DPD"),
    "ES": ("Correos", "SEUR", "GLS"),
    "IT": ("Poste Italiane", "BRT", "GLS"),
    "SE": ("PostNord", "DHL", "Instabox"),
    "PL": ("InPost", "DPD", "Poczta Polska"),
    "BR": ("Correios", "Jadlog", "Loggi"),
    "MX": ("Estafeta", "DHL", "FedEx"),
    "JP": ("Yamato", "Sagawa", "Japan Post"),
    "AT": ("Österreichische Post", "DPD", "GLS"),
    "IE": ("An Post", "DPD", "Fastway"),
}
