const LONGEST_SIDE = 1600;
const QUALITY = 0.82;

/**
 * A picture from the camera as a JPEG that is large enough to show a scratch.
 *
 * @param {File} file
 * @returns {Promise<string>} a data URL
 */
export async function shrinkPhoto(file) {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas.toDataURL("image/jpeg", QUALITY);
}
