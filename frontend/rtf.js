// Pictures of a Word or WPS clipboard. Its HTML names files of the writer's disk, which no browser may read; the RTF
// beside it carries the pictures themselves, in hexadecimal, in the same order (Rich Text Format 1.9.1, "Pictures").
const KINDS = { pngblip: "image/png", jpegblip: "image/jpeg" };

// Files of all PNG and JPEG pictures of an RTF text, in order.
export function picturesOf(rtf) {
  const found = [];
  for (let at = rtf.indexOf("{\\pict"); at >= 0; at = rtf.indexOf("{\\pict", at + 6)) {
    const group = groupAt(rtf, at);
    const kind = /\\(pngblip|jpegblip)\b/.exec(group);
    if (!kind) continue; // a metafile, which stands beside the same picture for old programs
    const hex = withoutGroups(group.slice(1, -1)).replace(/\\[a-z]+-?\d* ?/gi, "").replace(/\s+/g, "");
    if (/^([0-9a-f]{2})+$/i.test(hex)) found.push(fileOf(hex, KINDS[kind[1]], found.length + 1));
  }
  return found;
}

// The group that begins at a brace, to its own closing one.
function groupAt(rtf, start) {
  let depth = 0;
  for (let i = start; i < rtf.length; i += 1) {
    if (rtf[i] === "\\") i += 1;
    else if (rtf[i] === "{") depth += 1;
    else if (rtf[i] === "}") depth -= 1;
    if (depth === 0) return rtf.slice(start, i + 1);
  }
  return rtf.slice(start);
}

function withoutGroups(text) {
  let depth = 0;
  let kept = "";
  for (const character of text) {
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (depth === 0) kept += character;
  }
  return kept;
}

function fileOf(hex, type, number) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return new File([bytes], `粘贴的图片${number}.${type === "image/png" ? "png" : "jpg"}`, { type });
}
