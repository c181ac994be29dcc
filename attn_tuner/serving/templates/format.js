// Writes numbers for people.

export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

export function points(change) {
  const rounded = (100 * change).toFixed(1);
  return `${Number(rounded) < 0 ? "−" : "+"}${rounded.replace("-", "")} points`;
}

export function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) {
    return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  }
  if (whole < 60) {
    return `${whole} s`;
  }
  return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
}

// A score: four digits after the point, or as many as a large one needs.
export function score(value) {
  if (value === null || value === undefined) {
    return "none";
  }
  return Math.abs(value) < 100 ? value.toFixed(4) : value.toPrecision(5);
}
