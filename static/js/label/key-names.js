// What a key press is called: by what it writes, on whatever keyboard.

/**
 * The key as `KeyboardEvent.key` has it. Letters follow Shift, not Caps Lock; what AltGr writes is a
 * key like any other; other modifiers belong to the browser and the system.
 * @param {KeyboardEvent} event @returns {string} empty for what is no key of ours
 */
export function keyName(event) {
  const { key } = event;
  const altGraph = event.getModifierState("AltGraph");
  if (["Dead", "Process", "Unidentified"].includes(key)) return "";
  if (!altGraph && (event.ctrlKey || event.altKey)) return "";
  if (event.metaKey) return "";
  if (key.toLowerCase() === key.toUpperCase() || [...key].length > 1) return key.normalize("NFC");
  return (event.shiftKey ? key.toUpperCase() : key.toLowerCase()).normalize("NFC");
}

/**
 * The key by where it lies, for keyboards that write something else there: a digit of the top row
 * that needs Shift (French) or is another digit (Arabic), a letter that is not Latin.
 * @param {KeyboardEvent} event @returns {string} `0` to `9` or `a` to `z`, or nothing
 */
export function keyByPlace(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return "";
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  if (digit) return digit;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  const latin = /^[\x20-\x7e\u00c0-\u024f]$/.test(event.key);
  return letter && !latin ? letter.toLowerCase() : "";
}

/**
 * The key that Shift was held with.
 * @param {KeyboardEvent} event @returns {string} a digit of the top row or a small letter
 */
export function unshifted(event) {
  const { key } = event;
  const letter = key.toLowerCase() !== key.toUpperCase() && [...key].length === 1;
  return letter ? key.toLowerCase() : keyByPlace(event);
}
