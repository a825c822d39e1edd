"""What two public price packages say, in the words of hindcast-prices/1.

genai-prices (pydantic, MIT): dated entries, tiers, variants. litellm (BerriAI, MIT): one JSON map without
dates. Both are read as installed; nothing is fetched.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

# The packages' names of a provider -> the book's. Others are left out.
GENAI = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "aws": "bedrock", "azure": "azure",
    "mistral": "mistral", "deepseek": "deepseek", "x-ai": "xai", "groq": "groq", "together": "together",
    "fireworks": "fireworks", "cerebras": "cerebras", "openrouter": "openrouter", "cohere": "cohere",
}
LITELLM = {
    "openai": "openai", "text-completion-openai": "openai", "anthropic": "anthropic", "gemini": "google",
    "vertex_ai-language-models": "google", "vertex_ai-anthropic_models": "google", "bedrock": "bedrock",
    "bedrock_converse": "bedrock", "azure": "azure", "azure_ai": "azure", "mistral": "mistral",
    "deepseek": "deepseek", "xai": "xai", "groq": "groq", "together_ai": "together",
    "fireworks_ai": "fireworks", "cerebras": "cerebras", "openrouter": "openrouter", "cohere": "cohere",
    "cohere_chat": "cohere",
}
PREFIXES = (
    "fireworks_ai/accounts/fireworks/models/", "fireworks_ai/", "together_ai/", "openrouter/", "azure_ai/",
    "azure/", "bedrock/", "vertex_ai/", "gemini/", "mistral/", "deepseek/", "xai/", "groq/", "cerebras/",
    "cohere/", "openai/", "anthropic/",
)
# Digits behind the point that a price per 1,000,000 tokens may have in the book.
DIGITS = Decimal("0.000000000001")

GENAI_RATES = {
    "input_mtok": "input", "output_mtok": "output", "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write", "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h", "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output", "cache_audio_read_mtok": "audio_cache_read",
    "input_image_mtok": "image_input", "output_image_mtok": "image_output",
    "cache_image_read_mtok": "image_cache_read", "input_video_mtok": "video_input",
    "output_reasoning_mtok": "reasoning",
}
LITELLM_RATES = {
    "input_cost_per_token": "input", "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read", "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "output_cost_per_reasoning_token": "reasoning", "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output", "cache_read_input_audio_token_cost": "audio_cache_read",
    "input_cost_per_image_token": "image_input", "output_cost_per_image_token": "image_output",
    "cache_read_input_image_token_cost": "image_cache_read", "input_cost_per_video_token": "video_input",
}
LITELLM_TIERS = {
    "batches": "batch", "flex": "flex", "priority": "priority", "balanced": "balanced",
    "ultrafast": "ultrafast",
}


@dataclass
class Period:
    start: str | None = None
    rates: dict = field(default_factory=dict)
    # threshold -> rates; a request above it is charged at them as a whole
    tiers: dict = field(default_factory=dict)
    # [when, rates, tiers, from, multiplier]
    variants: list = field(default_factory=list)
    # [start, end, rates, weekdays]
    windows: list = field(default_factory=list)
    tool_fees: dict = field(default_factory=dict)


@dataclass
class Model:
    provider: str
    name: str
    names: list
    periods: list
    source: str

    @property
    def current(self):
        return self.periods[-1]


def text(value):
    """A price as a person would write it: float residue is rounded away."""
    value = Decimal(value)
    digits = value.as_tuple().digits
    if len(digits) >= 15:
        value = value.quantize(Decimal(1).scaleb(value.adjusted() - 11), ROUND_HALF_EVEN)
    value = value.quantize(DIGITS, ROUND_HALF_EVEN) if value.as_tuple().exponent < -12 else value
    return format(value.normalize(), "f")


def version(package):
    return importlib.metadata.version(package)


def genai_models():
    """Every model of the providers above, and the provider objects to look names up with."""
    from genai_prices.data import providers

    found = []
    for provider in providers:
        if provider.id in GENAI:
            for model in provider.models:
                read = _genai_model(GENAI[provider.id], model)
                if read:
                    found.append(read)
    return found, {GENAI[p.id]: p for p in providers if p.id in GENAI}


def _genai_model(provider, model):
    from genai_prices import types

    entries = model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
    periods, windows = [], []
    for entry in entries:
        period = _genai_period(entry.prices)
        if isinstance(entry.constraint, types.TimeOfDateConstraint):
            times = [t.strftime("%H:%M") for t in (entry.constraint.start_time, entry.constraint.end_time)]
            windows.append([*times, period.rates, []])
        else:
            start = getattr(entry.constraint, "start_date", None)
            period.start = start.isoformat() if start else None
            periods.append(period)
    if "embed" in model.id:
        for period in periods:
            period.rates.setdefault("output", "0")
    periods = [p for p in periods if "input" in p.rates and "output" in p.rates]
    if not periods:
        return None
    periods[-1].windows = windows
    for variant in model.price_variants or []:
        _genai_variant(variant, periods)
    name = model.id.lower()
    names = {name} | {n.lower() for n in _equals(model.match)}
    if provider == "bedrock" and name.startswith("regional."):
        # Its own word for the id without a geography, which is what logs of a region write.
        name = name.removeprefix("regional.")
    return Model(provider, name, sorted(names | {name}), periods, "genai-prices")


def _genai_period(price):
    period = Period()
    for key, value in price.__dict__.items():
        if value is None:
            continue
        if key in GENAI_RATES:
            rate = GENAI_RATES[key]
            period.rates[rate] = text(getattr(value, "base", value))
            for tier in getattr(value, "tiers", []):
                period.tiers.setdefault(tier.start, {})[rate] = text(tier.price)
        elif key == "web_searches_kcount" and isinstance(value, Decimal):
            period.tool_fees["web_search"] = text(value)
        elif key == "requests_kcount" and isinstance(value, Decimal):
            period.rates["per_request"] = text(value / 1000)
    return period


def _genai_variant(variant, periods):
    when = dict(variant.when)
    if when.pop("processing", None) == "batch":
        when["service_tier"] = "batch"
    if when.get("service_tier") == "default" or not when:
        return
    start = getattr(variant.constraint, "start_date", None)
    start = start.isoformat() if start else None
    price = _genai_period(variant.prices)
    # The days of 2026-10 are those on which the package began to list variants, not when they began.
    known = start if start and start >= "2026-11-01" else None
    for period in periods:
        if any(v[0] == when and v[3] == known for v in period.variants):
            continue
        period.variants.append([when, price.rates, price.tiers, known, None])


def _equals(match):
    kind = type(match).__name__
    if kind == "ClauseEquals":
        return [match.equals]
    if kind == "ClauseOr":
        return [name for part in match.or_ for name in _equals(part)]
    return []


def litellm_models():
    path = pathlib.Path(importlib.util.find_spec("litellm").origin).parent
    entries = json.loads(
        (path / "model_prices_and_context_window_backup.json").read_text(), parse_float=Decimal
    )
    found = []
    for key, entry in entries.items():
        provider = LITELLM.get(entry.get("litellm_provider"))
        modes = ("chat", "completion", "responses", "embedding")
        if not provider or entry.get("mode") not in modes or "commitment" in key:
            continue
        period = _litellm_period(entry)
        is_free = key.endswith(":free")
        is_chat = entry["mode"] != "embedding"
        # Missing and 0.0 stand for "not known" in this map; free models are marked so.
        if not is_free and (not _positive(period, "input") or (is_chat and not _positive(period, "output"))):
            continue
        period.rates.setdefault("output", "0")
        period.rates.setdefault("input", "0")
        name = key.lower()
        for prefix in PREFIXES:
            if name.startswith(prefix):
                name = name[len(prefix):]
                break
        found.append(Model(provider, name, [name], [period], "litellm"))
    return found


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _off_peak(pricing):
    windows = []
    for window in (pricing or {}).get("windows", []):
        rates = {
            LITELLM_RATES[key]: text(Decimal(value) * 1_000_000)
            for key, value in pricing.items() if key in LITELLM_RATES
        }
        hours = window["hours_utc"]
        days = [WEEKDAYS[day - 1] for day in window.get("weekdays", [])]
        for span in [hours] if isinstance(hours, str) else hours:
            start, end = span.split("-")
            windows.append([start, "24:00" if start == end else end, rates, days])
    return windows


def _positive(period, rate):
    return Decimal(period.rates.get(rate, 0)) > 0


def _litellm_period(entry):
    period = Period()
    variants = {}
    for key, value in entry.items():
        if isinstance(value, (str, dict, list, bool)) or value is None:
            continue
        base, tier, threshold = key, None, None
        for suffix, name in LITELLM_TIERS.items():
            if base.endswith("_" + suffix):
                base, tier = base[: -len(suffix) - 1], name
        if base.endswith("k_tokens") and "_above_" in base:
            base, _, size = base.rpartition("_above_")
            threshold = int(size[: -len("k_tokens")]) * 1000
        rate = LITELLM_RATES.get(base)
        if not rate:
            continue
        amount = text(Decimal(value) * 1_000_000)
        rates, tiers = period.rates, period.tiers
        if tier:
            _, rates, tiers, _, _ = variants.setdefault(tier, [{"service_tier": tier}, {}, {}, None, None])
        (tiers.setdefault(threshold, {}) if threshold else rates)[rate] = amount
    if period.rates.get("reasoning") == period.rates.get("output"):
        period.rates.pop("reasoning", None)
    period.variants = list(variants.values())
    for region in ("us", "eu"):
        factor = entry.get(f"regional_processing_uplift_multiplier_{region}")
        if factor:
            period.variants.append([{"region": region}, {}, {}, None, text(factor)])
    special = entry.get("provider_specific_entry") or {}
    if special.get("us"):
        period.variants.append([{"region": "us"}, {}, {}, None, text(special["us"])])
    period.windows = _off_peak(entry.get("off_peak_pricing"))
    search = (entry.get("search_context_cost_per_query") or {}).get("search_context_size_medium")
    if search:
        period.tool_fees["web_search"] = text(Decimal(search) * 1000)
    return period
