import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.Locale;
import java.util.TimeZone;

/** Writes each moment of its input (pattern, language, zone, milliseconds since 1970, by TABs) as the JDK does. */
public final class JavaWords {
    private JavaWords() {
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] told = line.split("\t");
            SimpleDateFormat format = new SimpleDateFormat(told[0], Locale.forLanguageTag(told[1]));
            format.setTimeZone(TimeZone.getTimeZone(told[2]));
            out.print(format.format(new Date(Long.parseLong(told[3]))) + "\n");
        }
        out.flush();
    }
}
