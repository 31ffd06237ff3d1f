# install, uninstall: the command finds its libraries in ../lib/timtape beside its own directory. The library for
# users' tests goes into ../lib itself, where linkers look, with what pkg-config reads about it.

bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib/timtape
incdir := $(DESTDIR)$(PREFIX)/include/timtape
mandir := $(DESTDIR)$(PREFIX)/share/man/man1
samples := $(DESTDIR)$(PREFIX)/share/timtape
devdir := $(DESTDIR)$(PREFIX)/lib

install: all
	install -d $(bindir) $(libdir) $(incdir) $(mandir) $(samples) $(devdir)/pkgconfig
	install -m 755 $(O)/timtape $(bindir)/timtape
	install -m 755 $(LIBDIR)/audit.so $(LIBDIR)/libImSDK.so $(LIBDIR)/preload.so $(LIBDIR)/standin.so $(LIBDIR)/clock.so $(libdir)
	install -d $(libdir)/replay
	ln -sfn ../standin.so $(libdir)/replay/libImSDK.so
	install -m 644 $(HEADER) $(incdir)/tim.h
	install -m 644 $(EMBED_HEADER) $(incdir)/replay.h
	install -m 644 $(EMBED_A) $(devdir)
	install -m 755 $(EMBED_SO) $(devdir)/$(EMBED_SONAME)
	ln -sfn $(EMBED_SONAME) $(devdir)/$(notdir $(EMBED_SO))
	printf '%s\n' "$$EMBED_PC_INSTALLED" >$(devdir)/pkgconfig/timtape-replay.pc
	$(if $(FUZZ_READY),install -m 644 $(FUZZ_HEADER) $(incdir)/fuzz.h)
	$(if $(FUZZ_READY),install -m 644 $(FUZZ_A) $(devdir))
	$(if $(FUZZ_READY),install -m 755 $(FUZZ_AFL) $(devdir))
	$(if $(FUZZ_READY),printf '%s\n' "$$FUZZ_PC_INSTALLED" >$(devdir)/pkgconfig/timtape-fuzz.pc)
	install -m 644 man/timtape.1 $(mandir)/timtape.1
	cp -R traces/samples corpus $(O)/schema $(samples)/
	cp -R $(O)/fuzz/dict $(samples)/dict

uninstall:
	rm -f $(bindir)/timtape $(mandir)/timtape.1 $(incdir)/tim.h $(incdir)/replay.h $(devdir)/pkgconfig/timtape-replay.pc
	rm -f $(devdir)/$(notdir $(EMBED_A)) $(devdir)/$(notdir $(EMBED_SO)) $(devdir)/$(EMBED_SONAME)
	rm -f $(incdir)/fuzz.h $(devdir)/$(notdir $(FUZZ_A)) $(devdir)/$(notdir $(FUZZ_AFL)) $(devdir)/pkgconfig/timtape-fuzz.pc
	rm -rf $(libdir) $(samples)
	-rmdir $(incdir) 2>/dev/null
