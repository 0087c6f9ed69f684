/** Times for people. */

/** `0.150 ms` up to a second, `2.345 s`, `12:34.5 min`; from microseconds. */
export function clockText(microseconds: number): string {
  if (microseconds < 1e6) return `${(microseconds / 1000).toFixed(3)} ms`;
  const seconds = microseconds / 1e6;
  return seconds < 60 ? `${seconds.toFixed(3)} s` : `${durationText(seconds)} min`;
}

/** `0:59`, `15:00`, `1:02:03`; from seconds. */
export function durationText(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
