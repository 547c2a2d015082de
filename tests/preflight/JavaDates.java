import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.text.ParsePosition;
import java.text.SimpleDateFormat;
import java.time.Instant;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;

/**
 * What this JDK reads in a date: the truth that DateFormat is held against.
 *
 * Run as `java JavaDates.java NOW`, NOW being the ISO instant at which the formatters count as made (their two-digit years
 * start 80 years before it). Each line of standard input is `pattern TAB text`, each line of standard output
 * `lenient TAB strict`; a reading is `milliseconds@end@shown` (since 1970 in UTC; the index at which reading stopped; the
 * instant as Java itself would print it) or `!index` where the text is refused. A line whose pattern Java refuses
 * answers `?` and Java's message. Text is escaped: a backslash, then a backslash, t, n, r, or u and four hex digits of a UTF-16 unit.
 */
public final class JavaDates {
    private JavaDates() {}

    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.US);
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        GregorianCalendar start = new GregorianCalendar();
        start.setTimeInMillis(Instant.parse(arguments[0]).toEpochMilli());
        start.add(GregorianCalendar.YEAR, -80);

        SimpleDateFormat printer = new SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS G");
        Map<String, SimpleDateFormat[]> formats = new HashMap<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        StringBuilder out = new StringBuilder();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int tab = line.indexOf('\t');
            String pattern = unescaped(line.substring(0, tab));
            String text = unescaped(line.substring(tab + 1));
            try {
                SimpleDateFormat[] both = formats.get(pattern);
                if (both == null) {
                    both = new SimpleDateFormat[] {formatter(pattern, true, start), formatter(pattern, false, start)};
                    formats.put(pattern, both);
                }
                out.append(reading(both[0], text, printer)).append('\t').append(reading(both[1], text, printer));
            } catch (IllegalArgumentException error) {
                out.append("?\t").append(error.getMessage());
            }
            out.append('\n');
        }
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        answers.print(out);
        answers.flush();
    }

    private static SimpleDateFormat formatter(String pattern, boolean lenient, GregorianCalendar start) {
        SimpleDateFormat format = new SimpleDateFormat(pattern, Locale.US);
        format.setLenient(lenient);
        format.set2DigitYearStart(start.getTime());
        return format;
    }

    private static String reading(SimpleDateFormat format, String text, SimpleDateFormat printer) {
        format.setTimeZone(TimeZone.getTimeZone("UTC")); // a zone that was read stays in the formatter
        ParsePosition position = new ParsePosition(0);
        Date date = format.parse(text, position);
        if (date == null) {
            return "!" + position.getErrorIndex();
        }
        return date.getTime() + "@" + position.getIndex() + "@" + printer.format(date);
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                plain.append(c);
                continue;
            }
            char kind = text.charAt(++i);
            if (kind == 'u') {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 5), 16));
                i += 4;
            } else {
                plain.append(kind == 't' ? '\t' : kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind);
            }
        }
        return plain.toString();
    }
}
