// Whether the window is as narrow as a phone's: where styles alone cannot change what is shown.
import { useMediaQuery } from "@mantine/hooks";

/** The same width as in the style sheets. */
export const useNarrow = () => useMediaQuery("(max-width: 720px)", false, { getInitialValueInEffect: false });
