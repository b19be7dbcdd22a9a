// What the component library is told. Colours live in theme.css, because the policy lets no style be injected.
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#eef8fa",
  "#d9edf2",
  "#b0dbe6",
  "#84c7d8",
  "#5fb4ca",
  "#2a8aa6",
  "#12718c",
  "#0f6179",
  "#0d5064",
  "#093b4a",
];

const small = { defaultProps: { size: "xs" } };
// A lock on scrolling would inject a style; the page itself never scrolls, its main part does.
const layer = (close: string) => ({
  defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.35 }, closeButtonProps: { "aria-label": close } },
});

/** The words are those that the library needs for its own buttons. */
export const makeTheme = (words: { close: string }) =>
  createTheme({
    primaryColor: "blue",
    colors: { blue: petrol },
    primaryShade: { light: 6, dark: 7 },
    defaultRadius: "sm",
    cursorType: "pointer",
    respectReducedMotion: true,
    fontFamily: "var(--ges-font)",
    components: {
      Button: small,
      // A hint below the field: fields beside each other stay on one line, whether they have one or not.
      InputWrapper: { defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] } },
      ActionIcon: { defaultProps: { size: "md", variant: "subtle", color: "gray" } },
      TextInput: small,
      PasswordInput: small,
      NumberInput: small,
      Textarea: small,
      Select: { defaultProps: { size: "xs", comboboxProps: { shadow: "md" } } },
      MultiSelect: { defaultProps: { size: "xs", comboboxProps: { shadow: "md" } } },
      TagsInput: small,
      PillsInput: small,
      Autocomplete: small,
      Checkbox: small,
      Switch: small,
      Radio: small,
      SegmentedControl: small,
      Table: { defaultProps: { verticalSpacing: 6, horizontalSpacing: "sm" } },
      Badge: { defaultProps: { variant: "light", radius: "sm" } },
      Notification: { defaultProps: { closeButtonProps: { "aria-label": words.close } } },
      Modal: layer(words.close),
      Drawer: layer(words.close),
      Tooltip: { defaultProps: { openDelay: 250, withArrow: true, multiline: true, maw: 320 } },
      Menu: { defaultProps: { shadow: "md" } },
      Popover: { defaultProps: { shadow: "md" } },
    },
  });
